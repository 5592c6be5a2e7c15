// A reader of cosigned checkpoints, with none of our code: Debian's golang.org/x/mod and Go's own Ed25519.
//
//	go run read_cosigned.go NOTE LOG-VKEY WITNESS-VKEY
//
// It opens NOTE with both keys; that of the witness is of the type 0x04, which the library leaves to its callers.
package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
	at   uint64
}

func (w *witness) Name() string { return w.name }

func (w *witness) KeyHash() uint32 { return w.hash }

func (w *witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	w.at = binary.BigEndian.Uint64(signature)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", w.at, text)
	return ed25519.Verify(w.key, []byte(signed), signature[8:])
}

func must(err error) {
	if err != nil {
		fmt.Println("x", err)
		os.Exit(1)
	}
}

func open(vkey string) *witness {
	parts := strings.SplitN(vkey, "+", 3)
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	must(err)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	must(err)
	if len(key) != 33 || key[0] != 4 {
		must(fmt.Errorf("not the key of a witness"))
	}
	return &witness{name: parts[0], hash: uint32(hash), key: key[1:]}
}

func main() {
	data, err := os.ReadFile(os.Args[1])
	must(err)
	log, err := note.NewVerifier(os.Args[2])
	must(err)
	cosigner := open(os.Args[3])
	opened, err := note.Open(data, note.VerifierList(log, cosigner))
	must(err)
	for _, one := range opened.Sigs {
		if one.Name == cosigner.name && one.Hash == cosigner.hash {
			fmt.Printf("ok %d signatures, cosigned at %d\n", len(opened.Sigs), cosigner.at)
			return
		}
	}
	must(fmt.Errorf("no cosignature"))
}
