// A reader of the log in static files and of a proof file, with none of our code: Debian's golang.org/x/mod.
//
//	go run read_log.go FOLDER VKEY PROOF
//
// It opens the signed checkpoint, checks every tile against its root, every entry of the bundles against its leaf in
// the tiles, an inclusion proof of every entry, and PROOF for the entry that it names.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type folder string

func (f folder) Height() int { return height }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles reads tiles by the names of C2SP tlog-tiles, which leave the height out.
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		name := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(f), name))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func must(err error) {
	if err != nil {
		fmt.Println("x", err)
		os.Exit(1)
	}
}

// head gives the tree of a checkpoint that the key signed.
func head(data []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(data, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != verifier.Name() {
		must(fmt.Errorf("the checkpoint is of %s", lines[0]))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	return tlog.Tree{N: size, Hash: root}
}

// entries reads the entries of all bundles.
func entries(f folder, size int64) [][]byte {
	var found [][]byte
	for first := int64(0); first < size; first += 1 << height {
		width := size - first
		if width > 1<<height {
			width = 1 << height
		}
		tile := tlog.Tile{H: height, L: 0, N: first >> height, W: int(width)}
		name := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(string(f), name))
		must(err)
		for len(data) > 0 {
			length := int(binary.BigEndian.Uint16(data))
			found = append(found, data[2:2+length])
			data = data[2+length:]
		}
	}
	return found
}

// proof reads a file of C2SP tlog-proof: the index, the path, and the checkpoint.
func proof(data string) (int64, tlog.RecordProof, string) {
	top, checkpoint, _ := strings.Cut(data, "\n\n")
	lines := strings.Split(top, "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		must(fmt.Errorf("this is no proof: %s", lines[0]))
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	must(err)
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		must(err)
		path = append(path, hash)
	}
	return index, path, checkpoint
}

func main() {
	place := folder(os.Args[1])
	verifier, err := note.NewVerifier(os.Args[2])
	must(err)
	data, err := os.ReadFile(filepath.Join(string(place), "checkpoint"))
	must(err)
	tree := head(data, verifier)
	hashes := tlog.TileHashReader(tree, place)
	found := entries(place, tree.N)
	if int64(len(found)) != tree.N {
		must(fmt.Errorf("%d entries instead of %d", len(found), tree.N))
	}
	for position, entry := range found {
		path, err := tlog.ProveRecord(tree.N, int64(position), hashes)
		must(err)
		must(tlog.CheckRecord(path, tree.N, tree.Hash, int64(position), tlog.RecordHash(entry)))
	}
	said, err := os.ReadFile(os.Args[3])
	must(err)
	index, path, checkpoint := proof(string(said))
	top := head([]byte(checkpoint), verifier)
	must(tlog.CheckRecord(path, top.N, top.Hash, index, tlog.RecordHash(found[index])))
	fmt.Printf("ok %d entries, proof of %d under %d\n", tree.N, index, top.N)
}
