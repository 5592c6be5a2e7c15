#!/usr/bin/env python3
r"""Verify a copy of a doseledger record, without doseledger.

    python3 verify.py COPY [--ledger ID] [--log-key KEY] [--trusted CHECKPOINT] [--paper 'ENTRIES ROOT']
                           [--witness KEY] [--cosigned CHECKPOINT] [--stamps FOLDER] [--json] [--pure]

COPY is a folder with entries.jsonl, a bundle (folder or .zip), a dossier (.html), or an entries.jsonl alone. Nothing
is installed and nothing is read but COPY: the standard library of Python 3.8 or later is enough. Where the package
`cryptography` is there it checks the signatures, faster; --pure does without it. ES256 needs it.

--ledger is the ledger's id and --log-key the log's verifier key, both from the paper in the trial master file;
--trusted is a file with a checkpoint that was kept elsewhere, --paper what stands on a page in the binder, --witness
the verifier key of a witness (repeatable), --cosigned a checkpoint that a witness kept. Without one of them the copy is
compared with itself. Time stamps are not read here: --stamps writes them, and the heads they are of, for openssl.

What is checked is docs/spec/verification.md, levels L1 (bytes, signatures, keys, tree, checkpoints, texts, files) and
L2 (what entries say of each other), with the same codes. What is not checked is listed as NOT CHECKED.
Exit code: 0 it holds, 8 it must not be trusted, 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
import unicodedata
import zipfile
from array import array
from base64 import b64decode, b64encode
from bisect import bisect_left
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256, sha512
from struct import unpack
from typing import IO, Any, Callable, Dict, Iterable, Iterator, NamedTuple, Sequence, Tuple

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    LIBRARY = True
except Exception:
    LIBRARY = False

# --- the kinds of entries: grammar NAME LONGEST PATTERN, part NAME : MEMBER:TYPE ..., kind NAME STREAM FLAGS : ...
# <table: written by `make docs`>
TABLE = r"""
grammar Decimal 0 (?!-0\Z)-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,8}[1-9])?
grammar Amount 0 (?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,8}[1-9])?
grammar Uuid 0 [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}
grammar EntryId 0 [0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}
grammar Hex 0 [0-9a-f]{64}
grammar OptionalHex 0 (?:[0-9a-f]{64})?
grammar Commitment 0 sha256:[0-9a-f]{64}
grammar Utc 0 <Day>T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z
grammar SignedAt 0 <Day>T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}(?!-00:00)(?:[+-](?:0[0-9]|1[0-3]):[0-5][0-
+9]|[+]14:00)
grammar Minute 0 <Day>T(?:[01][0-9]|2[0-3]):[0-5][0-9](?!-00:00)(?:[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+]14:00)
grammar Day 0 (?:(?:19|20|21)[0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]
+|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:(?:19|20|21)(?:0[48]|[2468][048]|[13579][26])|2000)-02-29)
grammar When 0 <Day>(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9](?!-00:00)(?:[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+]14:00))?
grammar Zone 0 [A-Z][A-Za-z0-9_+-]{0,13}(?:/[A-Za-z0-9_+-]{1,14}){0,2}
grammar Token 0 [a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?
grammar Code 0 [A-Za-z0-9](?:[A-Za-z0-9._/-]{0,62}[A-Za-z0-9])?
grammar Stream 0 (?:study|people|patient/(?=.{1,32}\Z)(?:P-)?[0-9]+(?:-[0-9]+)*|cohort/(?:0|-?[1-9])|(?!study/|people/|p
+atient/|cohort/)[a-z]+/[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?)
grammar Kind 64 [a-z]+\.[a-z]+(?:-[a-z]+)*/[1-9][0-9]{0,2}
grammar FindingId 41 [A-Z]-[A-Z0-9]+(?:-[A-Z0-9]+)*@(?:0|[1-9][0-9]{0,15})
grammar PrintedName 0 [^\x00-\x20\x7f-\xa0\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff](?:[^\x00-\x1f\x7f-\x9f\u200e\u20
+0f\u2028-\u202e\u2066-\u2069\ufeff]{0,126}[^\x00-\x20\x7f-\xa0\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff])?
grammar RuleId 24 [A-Z]-[A-Z0-9]+(?:-[A-Z0-9]+)*
grammar Level 0 (?:0|-?[1-9])
grammar Outcomes 0 (?:[1-9][0-9]?[NT]{1,12}(?: [1-9][0-9]?[NT]{1,12}){0,11})?
grammar EntryText 46000 \{"payload":"[A-Za-z0-9_-]+","signatures":\[(?:\{"protected":"[A-Za-z0-9_-]+","signature":"[A-Za
+-z0-9_-]+"\},?){1,8}\]\}
grammar JwsText 8192 \{"payload":"[A-Za-z0-9_-]+","signatures":\[\{"protected":"[A-Za-z0-9_-]+","signature":"[A-Za-z0-9_
+-]+"\}\]\}
grammar Kid 0 [A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]
grammar Coordinate 0 [A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]
range Count 0 9007199254740991
list Meaning authorship performed transcribed verified dispensed assessed approved acknowledged reviewed responsibility
+ locked unlocked attested-copy possession system
list Role investigator principal-investigator pharmacist pharmacy-technician nurse coordinator data-manager monitor
+ sponsor-medical sponsor registrar inspector system
list ReasonCode transcription wrong-patient duplicate never-happened test entered-in-error late-entry new-information
+ source-corrected clinical-judgement downtime query-answer privacy data-loss other
list Alg Ed25519 ES256
list Method pwd agent pin hwk
list Task registration consent eligibility enrolment measurement laboratory prescribing pharmacy premedication
+ administration assessment safety supply transcription
list Decision expand declare escalate deescalate stop
list Unit mg ug g kg cm mL mL/min mg/dL umol/L mmol/L g/dL g/L U/L mIU/mL ng/mL mg/L /uL 10^9/L percent copies/mL score
+ count ratio none
list Comparator lt le eq ge gt
list Route iv iv-push sc im po other
list NotGivenCause fever infection toxicity patient-refused hold logistics error-in-order other
list Check drug dose calculation volume route rate expiry appearance pump-rate cycle-day
list StopCause reaction line-failure patient-request equipment other
range Grade 1 5
list Response CR CRi PR SD PD NE
list Form bundle dossier audit-csv audit-html signatures-csv odm casebook report jsonl tiles sqlite sdtm xpt fhir
range SessionMinutes 1 60
range LockoutAfter 1 20
range ClockLimit 1 86400
meaning authorship en 1 I wrote this entry, and it is complete and correct to the best of my knowledge.
meaning performed en 1 I performed this act myself at the stated time.
meaning transcribed en 1 I copied this entry from the stated source and did not perform the act myself.
meaning verified en 1 I checked this myself, independently of the person who did it, and found it correct.
meaning dispensed en 1 I dispensed this product as stated.
meaning assessed en 1 I assessed this, and the judgement stated is my own.
meaning approved en 1 I approve this.
meaning acknowledged en 1 I have been told of this and take note of it.
meaning reviewed en 1 I have reviewed this; my review is not an approval.
meaning responsibility en 1 I take responsibility for what is stated here.
meaning locked en 1 I lock this against further change.
meaning unlocked en 1 I unlock this for the stated reason.
meaning attested-copy en 1 I compared this copy with the original and attest that it is complete and the same.
meaning possession en 1 I hold the private key that belongs to this public key, and nobody else does.
meaning system en 1 This entry was made by the device, not by a person.
set COURSE consent.withdrawn/1 course.discontinued/1 cycle.closed/1 cycle.opened/1 cycle.stopped/1 dlt.adjudicated/1
+ dose.omitted/1 dose.ordered/1 entry.corrected/1 entry.countersigned/1 entry.recovered/1 entry.voided/1 hold.placed/1
+ infusion.recorded/1 infusion.started/1 lab.measured/1 order.amended/1 order.cancelled/1 override.granted/1
+ patient.died/1 patient.measured/1 response.assessed/1 seriousness.assessed/1 tolerance.assessed/1 toxicity.graded/1
+ toxicity.regraded/1 treatment.ended/1
set SLOTS_PATIENT consent.withdrawn/1 dlt.adjudicated/1 entry.corrected/1 entry.countersigned/1 entry.recovered/1
+ entry.voided/1 patient.declared-non-evaluable/1 patient.died/1 patient.enrolled/1
set SLOTS_COHORT accrual.resumed/1 accrual.suspended/1 cohort.decided/1 level.opened/1
set SITE investigator principal-investigator pharmacist pharmacy-technician nurse coordinator data-manager
set PHYSICIANS investigator principal-investigator
set PHARMACY pharmacist pharmacy-technician
set DATA coordinator data-manager
set FACT authorship performed transcribed
set OUTSIDE monitor sponsor-medical sponsor inspector
set OWN_ENDINGS archive attempts clock cohort exports people review security study
set REFERENCES delegation dose export factors graded hold lock opened order overrides queries query reverses source
+ target targets toxicities toxicity
part CommandRef : id:Uuid index:Count of:Count
part Occurred : at:When zone:Zone precision:minute|day basis:observed|device|chart|recalled
part Clock : source:system|scripted offset_ms:Decimal?
part ProtocolRef : id:Token version:Code digest:Hex
part DictionaryRef : ctcae:Code digest:Hex
part After : log:Token size:Count root:Hex
part Need : meaning:Meaning role:Role
part Source : kind:direct|paper|import|device ref:Commitment?
part Reason : code:ReasonCode text:Commitment?
part Ref : log:Token position:Count? id:Uuid leaf:Hex?
part Writer : software:Code build:Hex rules:Code device:Token
part SignerCard : id:Token name:PrintedName role:Role organisation:PrintedName
part ShownMeaning : code:Meaning lang:en| version:Count text:PrintedName
part Auth : method:Method act:Uuid first:Bool set:SignedSet?
part SignedSet : digest:Hex i:Count of:Count
part Jwk : crv:Ed25519|P-256 kty:OKP|EC x:Coordinate y:Coordinate?
part RootRegistrar : person:Token name:PrintedName organisation:PrintedName key_id:Kid key:Jwk
part Device : id:Token key_id:Kid key:Jwk
part Witnesses : quorum:Count keys:Witness*
part Witness : name:Code key:Jwk
part LostHead : size:Count root:Hex
part IdentityCheck : kind:passport|national-id|staff-record|known-in-person ref:Commitment?
part CriterionResult : criterion:Token met:Bool value:Decimal? unit:Unit?
part Factor : name:Token value:Decimal source:Uuid?
part PremedicationDose : agent:Token dose_mg:Amount route:Route at:Minute
part Identifier : kind:wristband|enrolment-number|dob matched:Bool value:Commitment
part Interruption : since:Minute until:Minute why:StopCause
part LabBasis : value:Amount unit:Unit lower_limit:Amount? upper_limit:Amount? baseline:Amount?
part Payload : format:1..1 ledger:OptionalHex site:Token stream:Stream id:EntryId command:CommandRef kind:Kind
+ occurred:Occurred recorded_at:Utc clock:Clock protocol:ProtocolRef? dictionary:DictionaryRef? after:After needs:Need*
+ shown:FindingId* performed_by:Token? source:Source reason:Reason? causes:Ref* corrects:Ref? writer:Writer body:Body
part Header : alg:Alg kid:Kid typ:doseledger-entry/1| signer:SignerCard at:SignedAt meaning:ShownMeaning n:Count
+ auth:Auth
part KeyRequest : format:1..1 person:Token name:PrintedName organisation:PrintedName key_id:Kid key:Jwk
kind ledger.created/1 study by=responsibility:registrar : trial:Token purpose:production|training|simulation zone:Zone
+ registrars:RootRegistrar* quorum:Count device:Device log_key:Jwk next_log_key:Kid recovery_key:Kid?
+ witnesses:Witnesses signing:every-act|session
kind ledger.restored/1 study by=responsibility:registrar by=responsibility:registrar after=any:ledger.restored/1 :
+ log:Token key:Jwk next_log_key:Kid size:Count root:Hex lost:LostHead evidence:Hex?
kind dictionary.loaded/1 study by=authorship:DATA,principal-investigator after=any:dictionary.loaded/1 :
+ dictionary:DictionaryRef workbook:Hex terms:Count
kind protocol.activated/1 study by=approved:principal-investigator after=any:protocol.activated/1 : pack:ProtocolRef
+ dictionary:DictionaryRef fictional:Token*
kind key.enrolled/1 people completed by=authorship:registrar by=verified:registrar after=any:key.enrolled/1 :
+ person:Token name:PrintedName organisation:PrintedName roles:Role* key_id:Kid key:Jwk protection:pwd|agent|pin|hwk
+ valid_until:Day? identity:IdentityCheck request:JwsText
kind device.enrolled/1 people completed by=authorship:registrar by=verified:registrar after=any:device.enrolled/1 :
+ device:Device
kind delegation.granted/1 people by=approved:principal-investigator : person:Token tasks:Task* since:When until:When?
kind delegation.ended/1 people by=approved:principal-investigator : delegation:Uuid
kind level.opened/1 cohort by=approved:principal-investigator after=patient:SLOTS_PATIENT after=cohort:SLOTS_COHORT :
+ level:Level mg_m2:Amount
kind cohort.decided/1 cohort by=approved:principal-investigator by=approved:sponsor-medical after=patient:SLOTS_PATIENT
+ after=cohort:SLOTS_COHORT : level:Level decision:Decision n:Count dlt:Count outcomes:Outcomes to:Level?
kind accrual.suspended/1 cohort by=approved:principal-investigator,sponsor-medical : level:Level
+ why:dlt|decision-basis|supply|sponsor|other
kind accrual.resumed/1 cohort by=approved:principal-investigator after=patient:SLOTS_PATIENT after=cohort:SLOTS_COHORT :
+ level:Level
kind lot.received/1 supply fact task=supply by=FACT:PHARMACY : agent:Token strength_mg:Amount lot:Code expiry:Day
+ vials:Count location:Token remarks:Commitment?
kind lot.quarantined/1 supply fact task=supply by=FACT:PHARMACY : agent:Token lot:Code quarantined:Bool why:Commitment
kind drug.wasted/1 supply fact task=supply by=FACT:PHARMACY by=verified:PHARMACY,nurse : agent:Token strength_mg:Amount
+ lot:Code location:Token vials:Count mg:Amount why:not-given|broken|expired|temperature|other order:Uuid?
kind drug.returned/1 supply fact task=supply by=FACT:PHARMACY : agent:Token strength_mg:Amount lot:Code location:Token
+ vials:Count to:quarantine|sponsor
kind drug.transferred/1 supply fact task=supply by=FACT:PHARMACY : agent:Token strength_mg:Amount lot:Code
+ location:Token vials:Count to:Token
kind drug.destroyed/1 supply fact task=supply by=FACT:PHARMACY by=verified:PHARMACY,nurse : agent:Token
+ strength_mg:Amount lot:Code location:Token vials:Count method:Commitment
kind stock.counted/1 supply fact task=supply by=FACT:PHARMACY : agent:Token strength_mg:Amount lot:Code location:Token
+ counted:Count book:Decimal
kind patient.registered/1 patient task=registration by=authorship:DATA after=any:patient.registered/1 : sex:F|M|X|U
+ birth_year:1900..2200
kind consent.given/1 patient fact moved task=consent by=FACT:PHYSICIANS,DATA : form:Code guardian:Commitment?
kind eligibility.assessed/1 patient task=eligibility by=assessed:PHYSICIANS guards=criteria,eligible :
+ criteria:CriterionResult* eligible:Bool
kind patient.enrolled/1 patient task=enrolment by=authorship:PHYSICIANS,DATA after=patient:SLOTS_PATIENT
+ after=cohort:SLOTS_COHORT guards=level,cohort,slot,phase,decided_by : level:Level cohort:Count slot:Count phase:1|2
+ decided_by:Token?
kind patient.measured/1 patient fact task=measurement by=FACT:DATA,nurse : weight_kg:Amount height_cm:Amount?
kind lab.measured/1 patient fact task=laboratory by=FACT:DATA : test:Token comparator:Comparator value:Amount unit:Unit
+ lower_limit:Amount? upper_limit:Amount? reported_at:Minute?
kind prophylaxis.recorded/1 patient fact task=safety by=FACT:PHYSICIANS : agent:Token since:Day until:Day?
kind override.granted/1 patient completed by=approved:principal-investigator guards=act,rule,drug,amount_mg,valid_until
+ : act:dose|cycle rule:RuleId drug:Token amount_mg:Amount? valid_until:Minute
kind dose.ordered/1 patient task=prescribing by=authorship:PHYSICIANS after=any:COURSE
+ guards=drug,step_mg,level_mg_m2,ordered_mg,planned_start,expires,overrides,order : drug:Token step_mg:Amount?
+ level_mg_m2:Amount? cycle:Count? day:Count? planned_start:Minute expires:Minute ordered_mg:Amount
+ calculated_mg:Amount? height_cm:Amount? weight_kg:Amount? bsa_m2:Amount? factors:Factor* rounding:Commitment?
+ premedication:Token* route:Route duration_min:Count allergies:Commitment? overrides:Uuid*
kind order.amended/1 patient task=prescribing by=authorship:PHYSICIANS after=any:COURSE
+ guards=drug,step_mg,level_mg_m2,ordered_mg,planned_start,expires,overrides,order : order:Uuid planned_start:Minute
+ expires:Minute step_mg:Amount? ordered_mg:Amount calculated_mg:Amount? height_cm:Amount? weight_kg:Amount?
+ bsa_m2:Amount? factors:Factor* rounding:Commitment? overrides:Uuid*
kind order.cancelled/1 patient task=prescribing by=authorship:PHYSICIANS after=any:infusion.started/1,order.cancelled/1
+ : order:Uuid why:NotGivenCause
kind order.checked/1 patient task=pharmacy by=verified:PHARMACY after=any:order.amended/1,order.cancelled/1 : order:Uuid
kind dose.released/1 patient task=pharmacy by=dispensed:PHARMACY by=verified:PHARMACY
+ after=any:dose.released/1,order.amended/1,order.cancelled/1
+ guards=order,lot,expiry,vials,prepared_mg,wasted_mg,volume_ml : order:Uuid location:Token lot:Code expiry:Day
+ strength_mg:Amount vials:Count prepared_mg:Amount volume_ml:Amount diluted_at:Minute wasted_mg:Amount
kind premedication.given/1 patient fact moved task=premedication by=FACT:nurse : order:Uuid? given:PremedicationDose*
kind infusion.started/1 patient moved task=administration by=performed:nurse by=verified:PHARMACY,nurse after=any:COURSE
+ guards=order,overrides : order:Uuid rate_ml_h:Amount? identifiers:Identifier* checks:Check* overrides:Uuid*
kind infusion.recorded/1 patient fact moved task=administration by=FACT:DATA,nurse
+ guards=drug,order,given_mg,prepared_mg,volume_ml : drug:Token cycle:Count? day:Count? order:Uuid? checked_by:Token?
+ lot:Code? identity:matched|mismatched|not-stated route:Route ended:Minute? prepared_mg:Amount? given_mg:Amount?
+ volume_ml:Amount? interruptions:Interruption* stopped:StopCause?
kind infusion.interrupted/1 patient fact task=administration by=FACT:nurse : dose:Uuid volume_ml:Amount? why:StopCause
+ toxicity:Uuid?
kind infusion.resumed/1 patient fact task=administration by=FACT:nurse : dose:Uuid rate_ml_h:Amount?
kind infusion.completed/1 patient fact moved task=administration by=FACT:nurse
+ guards=dose,given_mg,prepared_mg,volume_ml : dose:Uuid given_mg:Amount volume_ml:Amount?
kind infusion.aborted/1 patient fact moved task=administration by=FACT:nurse guards=dose,given_mg,prepared_mg,volume_ml
+ : dose:Uuid given_mg:Amount volume_ml:Amount? why:StopCause toxicity:Uuid?
kind dose.omitted/1 patient fact task=administration by=FACT:nurse : order:Uuid why:NotGivenCause
kind toxicity.reported/1 patient fact graded moved task=safety by=FACT:PHYSICIANS,nurse guards=term,dose : term:Token
+ verbatim:Commitment? dose:Uuid? aware_at:Minute?
kind toxicity.graded/1 patient graded moved task=safety by=assessed:PHYSICIANS : toxicity:Uuid grade:Grade lab:LabBasis?
kind toxicity.regraded/1 patient completed graded moved task=safety by=assessed:PHYSICIANS : toxicity:Uuid graded:Uuid
+ grade:Grade lab:LabBasis?
kind toxicity.attributed/1 patient task=safety by=assessed:PHYSICIANS guards=toxicity,drug,relation : toxicity:Uuid
+ drug:Token relation:unrelated|unlikely|possible|probable|definite
kind seriousness.assessed/1 patient task=safety by=assessed:PHYSICIANS guards=toxicity,serious,criteria : toxicity:Uuid
+ serious:Bool criteria:death|life-threatening|hospitalisation|incapacity|congenital-anomaly|important-medical-event*
+ aware_at:Minute
kind tolerance.assessed/1 patient graded moved task=assessment by=assessed:PHYSICIANS : dose:Uuid worst_grade:0..5
+ tolerated:Bool toxicities:Uuid* window_h:Count
kind toxicity.resolved/1 patient moved task=safety by=assessed:PHYSICIANS guards=toxicity,outcome : toxicity:Uuid
+ outcome:recovered|recovered-with-sequelae|recovering|not-recovered|fatal|unknown
kind hold.placed/1 patient moved task=prescribing by=authorship:PHYSICIANS guards=drug,why : drug:Token
+ why:toxicity|infection|serious-adverse-reaction|haematology|logistics|other criterion:Commitment?
kind hold.lifted/1 patient task=prescribing by=authorship:PHYSICIANS after=any:hold.placed/1 guards=hold : hold:Uuid
kind course.discontinued/1 patient task=prescribing by=authorship:PHYSICIANS guards=drug : drug:Token
+ why:toxicity|autoimmune-cytopenia|progression|investigator|patient|other
kind treatment.ended/1 patient fact moved task=safety by=FACT:PHYSICIANS :
+ why:completed|progression|toxicity|withdrawal|investigator|transplant|death|lost|sponsor
kind consent.withdrawn/1 patient fact moved task=consent by=FACT:DATA : scope:treatment|study
kind patient.died/1 patient fact moved task=safety by=FACT:PHYSICIANS : cause:Commitment? aware_at:Minute?
kind deviation.acknowledged/1 patient task=safety by=acknowledged:PHYSICIANS : rule:RuleId target:Uuid
kind cycle.opened/1 patient task=prescribing by=authorship:PHYSICIANS after=any:COURSE
+ guards=n,level,level_mg_m2,height_cm,weight_kg,bsa_m2,crcl_ml_min,anc_giga,factors,overrides : n:Count level:Level
+ level_mg_m2:Amount height_cm:Amount weight_kg:Amount bsa_m2:Amount crcl_ml_min:Amount? anc_giga:Amount?
+ factors:Factor* overrides:Uuid*
kind day.omitted/1 patient fact task=administration by=FACT:PHYSICIANS,nurse : opened:Uuid day:Count why:NotGivenCause
kind cycle.closed/1 patient task=prescribing by=authorship:PHYSICIANS guards=opened,response,recovered,unacceptable :
+ opened:Uuid response:Response recovered:Bool unacceptable:Bool
kind cycle.stopped/1 patient task=prescribing by=authorship:PHYSICIANS guards=opened,why : opened:Uuid
+ why:toxicity|hypotension|capillary-leak|infection|progression|investigator|patient|other
kind response.assessed/1 patient task=safety by=assessed:PHYSICIANS guards=response : response:Response
kind transplant.recorded/1 patient fact task=safety by=FACT:PHYSICIANS :
+ type:allogeneic|autologous|cord-blood|haploidentical
kind expectedness.assessed/1 patient by=assessed:sponsor-medical guards=toxicity,expected : toxicity:Uuid expected:Bool
+ reference:Commitment?
kind report.submitted/1 patient by=authorship:PHYSICIANS,sponsor-medical : toxicity:Uuid
+ report:sponsor|7-day|15-day|follow-up ref:Commitment
kind dlt.adjudicated/1 patient completed by=assessed:PHYSICIANS by=assessed:sponsor-medical
+ guards=toxicity,dlt,basis,reverses : toxicity:Uuid dlt:Bool basis:Commitment reverses:Uuid?
kind patient.declared-non-evaluable/1 patient completed by=assessed:PHYSICIANS by=assessed:sponsor-medical guards=basis
+ : basis:Commitment
kind deviation.classified/1 patient task=safety by=assessed:PHYSICIANS : rule:RuleId target:Uuid important:Bool
+ root_cause:Commitment action:Commitment?
kind entry.countersigned/1 any by=performed,verified,dispensed,assessed,approved,acknowledged,responsibility:SITE,sponso
+r-medical,registrar : target:Uuid
kind entry.corrected/1 any completed by=authorship:SITE : kind:Kind occurred:Occurred body:Body
kind entry.voided/1 any completed by=authorship:SITE : why:duplicate|wrong-patient|never-happened|test|entered-in-error
kind entry.recovered/1 any by=verified:SITE : entry:EntryText
kind entry.refused/1 attempts by=system:system : act:Token streams:Stream* rules:RuleId* exit:Count claimed_by:Token?
+ proof:none|key-opened|signed signature:Hex? input:Commitment answer:Commitment count:Count
kind log.clock/1 clock by=system:system : behind_ms:Count reset:Bool
kind anchor.made/1 archive by=system:system : form:paper|timestamp|witness size:Count root:Hex evidence:Hex?
+ authority:Code? at:Utc?
kind backup.made/1 archive by=system:system : size:Count root:Hex digest:Hex
kind backup.restored/1 archive by=system:system : size:Count root:Hex digest:Hex
kind export.made/1 exports by=system:system : form:Form size:Count root:Hex digest:Hex streams:Stream* name:Token?
+ claimed_by:Token? recipient:Commitment?
kind copy.certified/1 exports by=attested-copy:SITE,registrar : export:Uuid entries:Count withheld:Count texts:Count
+ blobs:Count missing:Count
kind key.rotated/1 people by=responsibility:SITE,monitor,sponsor-medical,sponsor,registrar,inspector : person:Token
+ old_key_id:Kid key_id:Kid key:Jwk protection:pwd|agent|pin|hwk valid_until:Day? request:JwsText
kind key.revoked/1 people by=responsibility:registrar : person:Token key_id:Kid why:lost|compromised|left
+ suspected_from:Count?
kind registrar.changed/1 people completed by=responsibility:registrar by=responsibility:registrar
+ after=any:key.revoked/1,policy.amended/1,registrar.changed/1,registrar.recovered/1 : added:RootRegistrar?
+ request:JwsText? removed:Token?
kind registrar.recovered/1 people by=responsibility:registrar : recovery_key:Jwk registrar:RootRegistrar request:JwsText
kind policy.amended/1 people completed by=responsibility:registrar by=responsibility:registrar
+ after=any:key.revoked/1,policy.amended/1,registrar.changed/1,registrar.recovered/1 : quorum:Count
+ signing:every-act|session session_minutes:SessionMinutes lockout_after:LockoutAfter witnesses:Witnesses
+ clock_limit_s:ClockLimit
kind signature.reaffirmed/1 people completed by=responsibility:SITE,monitor,sponsor-medical,sponsor,registrar,inspector
+ : targets:Uuid*
kind signature.repudiated/1 people by=responsibility:SITE,monitor,sponsor-medical,sponsor,registrar,inspector :
+ targets:Uuid*
kind log.rotated/1 people by=responsibility:registrar by=responsibility:registrar
+ after=any:key.revoked/1,policy.amended/1,registrar.changed/1,registrar.recovered/1 : log:Token key:Jwk
+ next_log_key:Kid
kind signature.abandoned/1 security by=system:system : key_id:Kid n:Count*
kind query.opened/1 any by=authorship:PHYSICIANS,DATA,monitor : target:Uuid field:Code? question:Commitment
kind query.answered/1 any by=authorship:SITE : query:Uuid answer:Commitment
kind query.closed/1 any by=authorship:DATA,monitor after=any:query.closed/1 : query:Uuid
+ outcome:answered|corrected|unchanged|withdrawn
kind entries.signed/1 patient by=responsibility:principal-investigator : since:Count until:Count entries:Count
+ digest:Hex
kind entry.reviewed/1 patient by=verified:monitor : targets:Uuid*
kind record.locked/1 patient by=locked:principal-investigator by=locked:DATA
+ after=any:record.locked/1,record.unlocked/1,site.locked/1 : until:When?
kind site.locked/1 review by=locked:principal-investigator by=locked:DATA
+ after=any:record.locked/1,record.unlocked/1,site.locked/1 : until:When?
kind record.unlocked/1 any by=unlocked:principal-investigator by=unlocked:DATA
+ after=any:record.locked/1,record.unlocked/1,site.locked/1 : lock:Uuid
kind audit.reviewed/1 review by=reviewed:DATA,principal-investigator,monitor : since:Count until:Count streams:Stream*
+ questions:Token* findings:Commitment? queries:Uuid*
kind text.redacted/1 any by=approved:principal-investigator by=approved:DATA : commitments:Commitment*
kind security.raised/1 security by=system:system : what:failed-passphrase|locked-out|attempt-throttled|clock-backwards|c
+lock-jump|unknown-device person:Token? count:Count off_s:Count? until:Utc?
kind security.acknowledged/1 security by=acknowledged:DATA,principal-investigator,registrar : targets:Uuid*
kind lockout.lifted/1 security by=responsibility:registrar : person:Token
"""
# </table>


class Bad(Exception):
    """What was read is not what it must be; the text says why."""


class Finding(NamedTuple):
    """One difference between what stands there and what must; `position` is null where it is of no one entry."""

    level: str
    code: str
    why: str
    position: int | None
    kind: str | None


Obj = Dict[str, Any]
Said = Tuple[str, Obj]
LEVEL_1 = {"key", "signature", "genesis", "weak-key", "thumbprint", "request", "signer", "text", "blob", "anchor"}
CHANGED, RECOVERED, POLICY = "registrar.changed/1", "registrar.recovered/1", "policy.amended/1"
LOCKED, SITE_LOCKED, UNLOCKED = "record.locked/1", "site.locked/1", "record.unlocked/1"
REDACTED, SIGNED_OFF = "text.redacted/1", "entries.signed/1"
TURNED, RESTORED = "log.rotated/1", "ledger.restored/1"
BACK = "entry.recovered/1"
COPIED = ("export.made/1", "backup.made/1", "backup.restored/1")
HEADS = {"anchor.made/1": "anchor-root", **dict.fromkeys(COPIED, "export-root")}
REVIEW = ("query", "entries", "record", "site", "audit", "text")
GENESIS, CORRECTED, VOIDED, SIGNED = "ledger.created/1", "entry.corrected/1", "entry.voided/1", "entry.countersigned/1"
MONTH, MINUTES = timedelta(days=30), timedelta(minutes=5)

# --- the table, and whether a value fits a type of it


class Kind:
    """One row of the table."""

    def __init__(self, words: list[str]) -> None:
        self.family, flags = words[1], words[2:]
        self.fact, self.completed = "fact" in flags, "completed" in flags
        self.graded, self.moved = "graded" in flags, "moved" in flags
        self.task = next((flag[5:] for flag in flags if flag.startswith("task=")), None)
        by = [flag[3:].split(":") for flag in flags if flag.startswith("by=")]
        self.needs = [(named(meanings), named(roles)) for meanings, roles in by]
        after = [flag[6:].split(":") for flag in flags if flag.startswith("after=")]
        self.after = [(family, named(kinds)) for family, kinds in after]
        self.guards = next((flag[7:].split(",") for flag in flags if flag.startswith("guards=")), [])


GRAMMARS: dict[str, tuple[Any, int]] = {}
LISTS: dict[str, list[str]] = {}
RANGES: dict[str, tuple[int, int]] = {"Bool": (0, 0)}
SETS: dict[str, list[str]] = {}
PARTS: dict[str, list[tuple[str, str]]] = {}
KINDS: dict[str, Kind] = {}
SENTENCES: dict[tuple[str, str, int], str] = {}


def named(text: str) -> frozenset[str]:
    """The words that a list of the table stands for; a set stands for its words."""
    return frozenset(word for one in text.split(",") for word in SETS.get(one, [one]))


def load(table: str) -> None:
    """Take the table in."""
    lines = table.strip("\n").replace("\n+", "").split("\n")
    day = next(line for line in lines if line.startswith("grammar Day ")).split(" ", 3)[3]
    for line in lines:
        what, name, rest = (line + " ").split(" ", 2)
        rest = rest[:-1]
        words, _, members = f"{name} {rest}".partition(" :")
        if what == "grammar":
            longest, pattern = rest.split(" ", 1)
            GRAMMARS[name] = re.compile(f"(?:{pattern.replace('<Day>', day)})\\Z"), int(longest) or 1 << 53
        elif what == "meaning":
            lang, version, sentence = rest.split(" ", 2)
            SENTENCES[name, lang, int(version)] = sentence
        elif what == "range":
            low, high = rest.split(" ")
            RANGES[name] = int(low), int(high)
        elif what in {"list", "set"}:
            (LISTS if what == "list" else SETS)[name] = rest.split(" ")
        else:
            spelled = (member.split(":", 1) for member in members.split())
            PARTS[name] = [(member, kind) for member, kind in spelled]
            if what == "kind":
                KINDS[name] = Kind(words.split())


load(TABLE)


def fits(kind: str, value: Any, where: str) -> None:
    """Raise Bad unless a JSON value is of a type of the table."""
    if kind.endswith("?"):
        if value is None:
            return
        kind = kind[:-1]
    one, many, span = kind.partition("*")
    if many:
        low, high = (int(number) for number in (span or "0-99999").split("-"))
        if type(value) is not list or not low <= len(value) <= high:
            raise Bad(f"{where} is not a list of {low} to {high}")
        for item in value:
            fits(one, item, where)
        return
    if kind in PARTS:
        members(kind, value, where)
        return
    if kind in GRAMMARS:
        pattern, longest = GRAMMARS[kind]
        good = type(value) is str and len(value) <= longest and pattern.match(value) is not None
    elif kind == "Bool":
        good = type(value) is bool
    elif kind == "Body":
        good = type(value) is dict
    elif kind in RANGES or ".." in kind:
        low, high = RANGES[kind] if kind in RANGES else (int(number) for number in kind.split(".."))
        good = type(value) is int and low <= value <= high
    else:
        good = type(value) is str and value in (LISTS.get(kind) or kind.rstrip("|").split("|"))
    if not good:
        raise Bad(f"{where} is not a {kind}")


def members(part: str, value: Any, where: str) -> None:
    """Raise Bad unless the value is an object with the members of a part or kind, in their order."""
    spelled = PARTS[part]
    if type(value) is not dict or list(value) != [name for name, _ in spelled]:
        raise Bad(f"{where} does not have the members of {part} in their order")
    for name, kind in spelled:
        fits(kind, value[name], f"{where}.{name}")
    if part == "CommandRef" and value["index"] >= value["of"]:
        raise Bad(f"{where}: the index is not below the number of parts")
    if part == "Occurred" and (value["precision"] == "day") != (len(value["at"]) == 10):
        raise Bad(f"{where}: the time is not of its precision")
    if part in EACH_ONCE:
        named_once = value[EACH_ONCE[part]]
        most = 16 if part == "text.redacted/1" else 64
        if not 1 <= len(named_once) <= most or len(set(named_once)) < len(named_once):
            raise Bad(f"{where} does not name 1 to {most}, each once")
        if part == "signature.abandoned/1" and named_once != sorted(named_once):
            raise Bad(f"{where}: the counters do not rise")
    if part == "registrar.changed/1":
        empty = value["added"] is None and value["removed"] is None
        if empty or (value["added"] is None) != (value["request"] is None):
            raise Bad(f"{where}: nobody comes or goes, or somebody comes without a request")
    if part in {"entries.signed/1", "audit.reviewed/1"} and value["until"] <= value["since"]:
        raise Bad(f"{where}: the range holds no entry")
    if part == "entries.signed/1" and not value["entries"]:
        raise Bad(f"{where}: the range holds no entry")
    for name in ("streams", "questions") if part == "audit.reviewed/1" else ():
        if value[name] != sorted(set(value[name])) or len(value[name]) > (64 if name == "questions" else 99999):
            raise Bad(f"{where}: {name} are not sorted, or one stands twice, or there are too many")
    if part == "Jwk" and (value["crv"], value["kty"], value["y"] is None) not in JWKS:
        raise Bad(f"{where} is not a key of one of the two forms")


EACH_ONCE = {
    "signature.reaffirmed/1": "targets",
    "signature.repudiated/1": "targets",
    "signature.abandoned/1": "n",
    "entry.reviewed/1": "targets",
    "security.acknowledged/1": "targets",
    "text.redacted/1": "commitments",
}
CROSSING = {"signature.reaffirmed/1", "signature.repudiated/1", "signature.abandoned/1", "audit.reviewed/1"}
JWKS = {("Ed25519", "OKP", True), ("P-256", "EC", False)}


def canonical(data: bytes) -> Any:
    """The JSON value in the bytes; Bad unless writing it again gives the same bytes."""
    try:
        value = json.loads(data.decode())
        again = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError) as error:
        raise Bad(f"not JSON: {error}") from error
    if again != data:
        raise Bad("not canonical JSON: writing it again gives other bytes")
    return value


def unbase64(text: str, *, url: bool = False) -> bytes:
    """The bytes of a base64 text; Bad unless it is exactly what encoding them gives."""
    try:
        plain = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4) if url else text
        data = b64decode(plain.encode("ascii"))
    except ValueError as error:
        raise Bad(f"not base64: {error}") from error
    if (b64url(data) if url else b64encode(data).decode()) != text:
        raise Bad("base64 that is not in its one form")
    return data


def b64url(data: bytes) -> str:
    """The base64url of bytes, without padding."""
    return b64encode(data, b"-_").rstrip(b"=").decode()


def moment(text: str) -> datetime:
    """The instant of a time as it is written."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


# --- keys and signatures

USE = {"library": LIBRARY}
PRIME, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
Point = Tuple[int, int, int, int]
ZERO: Point = (0, 1, 1, 0)


def plus(a: Point, b: Point) -> Point:
    """The sum of two points of edwards25519 (RFC 8032 section 5.1.4)."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % PRIME, (a[1] + a[0]) * (b[1] + b[0]) % PRIME
    c, d = 2 * CURVE * a[3] * b[3] % PRIME, 2 * a[2] * b[2] % PRIME
    e, f, g, h = f - e, d - c, d + c, f + e
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def point(data: bytes, *, strict: bool) -> Point:
    """The point that 32 bytes stand for; `strict` refuses a second spelling of it."""
    number = int.from_bytes(data, "little")
    y, odd = number & (1 << 255) - 1, number >> 255
    square = (y * y - 1) * pow(CURVE * y * y + 1, PRIME - 2, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if (x * x - square) % PRIME or (strict and (y >= PRIME or (x == 0 and odd))):
        raise Bad("not a point of the curve, or a second spelling of one")
    x = x if x & 1 == odd else -x % PRIME
    return x, y % PRIME, 1, x * y % PRIME


@lru_cache(maxsize=256)
def windows(x: int, y: int) -> list[list[Point]]:
    """The multiples 0 to 15 of a point, of 16 times it, of 256 times it, and so on."""
    rows, start = [], (x, y, 1, x * y % PRIME)
    for _ in range(64):
        row = [ZERO]
        for _ in range(15):
            row.append(plus(row[-1], start))
        rows.append(row)
        start = plus(row[15], start)
    return rows


def times(number: int, to: Point) -> Point:
    """A multiple of a point that was decoded."""
    total = ZERO
    for row in windows(to[0], to[1]):
        total, number = plus(total, row[number & 15]), number >> 4
    return total


BASE = point((4 * pow(5, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little"), strict=True)


def made(jwk: Obj, message: bytes, signature: bytes) -> bool | None:
    """Whether the key made the signature in the one accepted form; None where that cannot be told here."""
    x, half = unbase64(jwk["x"], url=True), int.from_bytes(signature[32:], "little")
    if jwk["crv"] == "P-256":
        return made_p256(jwk, message, signature)
    if half >= ORDER:
        return False
    if USE["library"]:
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(x).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True
    try:
        a = point(x, strict=False)
    except Bad:
        return False
    k = int.from_bytes(sha512(signature[:32] + x + message).digest(), "little") % ORDER
    total = plus(times(half, BASE), times(k, (-a[0] % PRIME, *a[1:])))
    inverse = pow(total[2], PRIME - 2, PRIME)
    sign = (total[0] * inverse % PRIME & 1) << 255
    return (total[1] * inverse % PRIME | sign).to_bytes(32, "little") == signature[:32]


def made_p256(jwk: Obj, message: bytes, signature: bytes) -> bool | None:
    """As `made`, for ES256, which the standard library does not have."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < P256_ORDER and 0 < s <= P256_ORDER // 2 and strong(jwk)):
        return False
    if not USE["library"]:
        return None
    x, y = (int.from_bytes(unbase64(jwk[name], url=True), "big") for name in "xy")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    try:
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def strong(jwk: Obj) -> bool:
    """Whether a key may be enrolled: on its curve, in its one form, and of prime order."""
    y = None if jwk["y"] is None else unbase64(jwk["y"], url=True)
    return of_prime_order(unbase64(jwk["x"], url=True), y)


@lru_cache(maxsize=1024)
def of_prime_order(first: bytes, second: bytes | None) -> bool:
    """As above, by the coordinates: both for P-256, where every point of the curve will do."""
    if second is not None:
        x, y = int.from_bytes(first, "big"), int.from_bytes(second, "big")
        return x < P256 and y < P256 and (y * y - x * x * x + 3 * x - P256_B) % P256 == 0
    try:
        a = point(first, strict=True)
    except Bad:
        return False
    small, whole = times(8, a), times(ORDER, a)
    return (small[0], (small[1] - small[2]) % PRIME) != (0, 0) and (whole[0], (whole[1] - whole[2]) % PRIME) == (0, 0)


def thumbprint(jwk: Obj) -> str:
    """The name of a key: RFC 7638."""
    bare = {name: value for name, value in jwk.items() if value is not None}
    return b64url(sha256(json.dumps(bare, separators=(",", ":")).encode()).digest())


def algorithm(jwk: Obj) -> str:
    """The algorithm that a key is for."""
    return "ES256" if jwk["crv"] == "P-256" else "Ed25519"


# --- one entry, one checkpoint


def open_jws(raw: bytes) -> tuple[bytes, list[tuple[bytes, bytes, bytes]]]:
    """The payload, and for each signature the header, the bytes that it covers, and the signature."""
    found = raw.split(b'"')
    signed, rest = divmod(len(found) - 7, 8)
    if len(raw) > 65535 or rest or not 1 <= signed <= 8:
        raise Bad("not a JWS with a payload, 1 to 8 signatures and no other member, of at most 65535 bytes")
    pairs = list(zip(found[9::8], found[13::8]))
    each = b",".join(b'{"protected":"%b","signature":"%b"}' % pair for pair in pairs)
    if b'{"payload":"%b","signatures":[%b]}' % (found[3], each) != raw:
        raise Bad("not a JWS in its one form")
    try:
        payload = unbase64(found[3].decode("ascii"), url=True)
        parts = [
            (unbase64(a.decode("ascii"), url=True), a + b"." + found[3], unbase64(b.decode("ascii"), url=True))
            for a, b in pairs
        ]
    except UnicodeDecodeError as error:
        raise Bad("not base64url") from error
    if len(payload) > 47000 or any(len(signature) != 64 for _, _, signature in parts):
        raise Bad("a payload of more than 47000 bytes, or a signature that does not have 64")
    return payload, parts


class Signature(NamedTuple):
    """What a protected header says; `part` is the signed set that the signature is a part of."""

    alg: str
    kid: str
    person: str
    name: str
    role: str
    organisation: str
    at: str
    meaning: str
    n: int
    act: str
    part: Any


def open_header(data: bytes) -> Signature:
    """A protected header."""
    header: Obj = canonical(data)
    members("Header", header, "header")
    meaning, card, auth = header["meaning"], header["signer"], header["auth"]
    if SENTENCES.get((meaning["code"], meaning["lang"], meaning["version"])) != meaning["text"]:
        raise Bad(f"the text shown is not that of the meaning {meaning['code']}")
    short(card)
    said = header["at"], meaning["code"], header["n"], auth["act"], auth["set"]
    printed = card["id"], card["name"], card["role"], card["organisation"]
    return Signature(header["alg"], header["kid"], *printed, *said)


def short(card: Obj) -> None:
    """Raise Bad for a printed name of more than 128 bytes."""
    if max(len(card[name].encode()) for name in ("name", "organisation")) > 128:
        raise Bad("a printed name is longer than 128 bytes")


def open_body(kind: str, body: Any) -> Said:
    """What an entry says: its kind and body, or those that a correction restates."""
    if kind not in KINDS:
        raise Bad(f"unknown kind {kind}: not interpreted")
    members(kind, body, kind)
    if kind != CORRECTED:
        return kind, body
    if body["kind"].split(".")[0] in {"entry", "log", "entries", "query", "record", "site", "audit", "text"}:
        raise Bad(f"{body['kind']} cannot be corrected")
    return open_body(body["kind"], body["body"])


class Entry:
    """One opened entry at its place; Bad where the bytes are none."""

    def __init__(self, raw: bytes, position: int) -> None:
        self.position, self.leaf = position, sha256(b"\0" + raw).hexdigest()
        self.data, self.signed = open_jws(raw)
        self.payload: Obj = canonical(self.data)
        members("Payload", self.payload, "payload")
        self.kind, self.body, self.id = self.payload["kind"], self.payload["body"], self.payload["id"]
        self.said = open_body(self.kind, self.body)
        self.stream, self.command, self.after = (self.payload[name] for name in ("stream", "command", "after"))
        self.family, self.row = self.stream.partition("/")[0], KINDS[self.kind]
        self.occurred, self.needs = self.payload["occurred"], self.payload["needs"]
        self.recorded_at = moment(self.payload["recorded_at"])
        self.consistent()
        self.headers = [open_header(header) for header, _, _ in self.signed]
        self.author = self.headers[0]
        at = self.occurred["at"]
        self.at = moment(at if len(at) > 10 else f"{at}T23:59:59.999{self.author.at[-6:]}")
        self.restated = self.body["occurred"] if self.kind == CORRECTED else self.occurred
        if len(self.data) > 24576 and self.kind != BACK:
            raise Bad("a payload of more than 24576 bytes")
        self.inside = Entry(self.body["entry"].encode(), position) if self.kind == BACK else None
        if self.inside and (self.inside.kind == BACK or self.inside.named() != self.named()):
            raise Bad("the entry inside has another id, stream, site or time, or is a recovered one itself")

    @property
    def told(self) -> Entry:
        """What it says: itself, or the entry that came back in it."""
        return self.inside or self

    def named(self) -> tuple[Any, ...]:
        """What it has in common with the entry inside it."""
        return self.id, self.stream, self.payload["site"], self.occurred

    def commitments(self) -> set[bytes]:
        """The texts that it is committed to, and those of the entry inside."""
        found = set(re.findall(rb'"(sha256:[0-9a-f]{64})"', self.data))
        return found | self.inside.commitments() if self.inside else found

    def consistent(self) -> None:
        """Raise Bad where parts of the payload do not belong together."""
        payload, named = self.payload, [ref["id"] for ref in self.payload["causes"]]
        if self.row.family not in {"any", self.family}:
            raise Bad(f"{self.kind} on the stream {self.stream}")
        if (payload["ledger"] == "") != (self.kind == GENESIS):
            raise Bad("the ledger id is empty, or it is not in the first entry")
        if KINDS[self.said[0]].graded != (payload["dictionary"] is not None):
            raise Bad("`dictionary` does not fit what is stated")
        body = self.body
        one = {"key.enrolled/1": body, RECOVERED: body.get("registrar"), CHANGED: body.get("added")}.get(self.kind)
        for card in body["registrars"] if self.kind == GENESIS else [one] if one else []:
            short(card)
        if len(set(named)) < len(named) or not set(self.references()) <= set(named):
            raise Bad("`causes` names an entry twice, or not every entry that the body names")

    def references(self) -> list[str]:
        """The entry ids that the body names, or the body that a correction restates."""
        found = []
        for name, value in self.said[1].items():
            if name in SETS["REFERENCES"]:
                listed = value if type(value) is list else [value]
                found += [one["source"] if type(one) is dict else one for one in listed]
        return [one for one in found if one is not None]


class Note(NamedTuple):
    """A checkpoint as it is said: its origin, size and root, and the name, key id and bytes of each signature."""

    origin: str
    size: int
    root: bytes
    body: bytes
    signed: list[tuple[str, bytes, bytes]]


def read_note(note: bytes) -> Note:
    """What a checkpoint says, no signature checked."""
    if len(note) > 262144 or re.search(rb"[\x00-\x09\x0b-\x1f]", note) or not note.endswith(b"\n"):
        raise Bad("the checkpoint is too long, or contains a control character, or does not end in a newline")
    try:
        text, cut, tail = note.decode().rpartition("\n\n")
    except UnicodeDecodeError as error:
        raise Bad("the checkpoint is not UTF-8") from error
    lines, signatures, body = text.split("\n"), tail.split("\n")[:-1], f"{text}\n".encode()
    if not cut or len(lines) != 3 or not 1 <= len(signatures) <= 32:
        raise Bad("the checkpoint is not origin, size, root, an empty line and 1 to 32 signatures")
    if not re.match(r"(?:0|[1-9][0-9]{0,15})\Z", lines[1]) or int(lines[1]) >= 1 << 53:
        raise Bad("the size of the checkpoint is not a number")
    root, signed = unbase64(lines[2]), []
    if len(root) != 32 or (lines[1] == "0" and root != sha256(b"").digest()):
        raise Bad("the root of the checkpoint is not one")
    for line in signatures:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        data = unbase64(encoded)
        if dash != "\u2014" or not NAME.match(name) or len(data) <= 4:
            raise Bad("a signature line of the checkpoint is not one")
        signed.append((name, data[:4], data[4:]))
    return Note(lines[0], int(lines[1]), root, body, signed)


def open_note(note: bytes, origin: str, jwk: Obj) -> tuple[int, bytes]:
    """The size and root of a checkpoint that the log's key signed."""
    said, key_id = read_note(note), vkey(origin, jwk)[1]
    if said.origin != origin:
        raise Bad(f"the checkpoint is of the log {said.origin}, not of {origin}")
    made_by_log = [data for name, by, data in said.signed if (name, by) == (origin, key_id)]
    if len(made_by_log) != 1 or len(made_by_log[0]) != 64 or not made(jwk, said.body, made_by_log[0]):
        raise Bad("the checkpoint does not have one good signature by the key of the log")
    return said.size, said.root


NAME = re.compile("[^\x00-\x20\x7f-\xa0+\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ud800-\udfff]+\\Z")


def vkey(origin: str, jwk: Obj) -> tuple[str, bytes]:
    """The verifier key of the log as one line, and its key id; Bad for a key that is not Ed25519."""
    if jwk["crv"] != "Ed25519":
        raise Bad("the key of the log is not Ed25519")
    public = b"\x01" + unbase64(jwk["x"], url=True)
    key_id = sha256(f"{origin}\n".encode() + public).digest()[:4]
    return f"{origin}+{key_id.hex()}+{b64encode(public).decode()}", key_id


EPOCH = re.compile(r"(.+?)(?:\.([2-9]|[1-9][0-9]{1,3}))?\Z")


def epoch(origin: str) -> tuple[str, int]:
    """The name of a log without its epoch, and the number of the epoch: main is the first, main.2 the next."""
    before, _, log = origin.rpartition("/")
    found = EPOCH.match(log)
    return f"{before}/{found.group(1) if found else log}", int(found.group(2) or 1) if found else 1


class Tree:
    """The tree of docs/spec/log.md, from which every earlier root can be told."""

    def __init__(self) -> None:
        self.levels: list[list[bytes]] = [[]]

    def add(self, leaf: bytes) -> None:
        """Add a leaf hash, and the nodes that it completes."""
        for level in range(len(self.levels) + 1):
            if level == len(self.levels):
                self.levels.append([])
            self.levels[level].append(leaf)
            if len(self.levels[level]) % 2:
                return
            leaf = sha256(b"\x01" + self.levels[level][-2] + leaf).digest()

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves."""
        root = b""
        for level, nodes in enumerate(self.levels):
            if size >> level & 1:
                node = nodes[(size >> level) - 1]
                root = sha256(b"\x01" + node + root).digest() if root else node
        return root or sha256(b"").digest()


# --- the copy: docs/spec/copy.md


class Files:
    """The files of a copy by their path with `/`: those of a folder, or of the one bag in a ZIP archive."""

    def __init__(self, path: str, *, archive: bool) -> None:
        self.path, self.top, self.members = path, "", {}  # type: str, str, Dict[str, zipfile.ZipInfo]
        self.zip = zipfile.ZipFile(path) if archive else None
        if self.zip is not None:
            one_reading(self.zip, path)
            self.members = sound(self.zip.infolist(), os.path.getsize(path))
            tops = [name[:-9] for name in self.members if re.match(r"(?:[^/]+/)?bagit\.txt\Z", name)]
            self.top = min(tops, default="")
            if not tops or any(not name.startswith(self.top) for name in self.members):
                raise Bad("the archive does not hold one bag, with bagit.txt at its top or in its only folder")

    def names(self) -> list[str]:
        """Every file; links are named and not followed."""
        if self.zip is not None:
            return [name[len(self.top) :] for name in self.members]
        found = []
        for folder, folders, files in os.walk(self.path):
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            found += [os.path.relpath(os.path.join(folder, name), self.path) for name in files + links]
        return [name.replace(os.sep, "/") for name in found]

    def pieces(self, name: str) -> Iterator[bytes] | None:
        """The bytes of a plain file, a piece at a time; None where there is none."""
        place = os.path.join(self.path, *name.split("/"))
        if self.zip is not None:
            return pieces_of(self.zip.open(self.top + name)) if self.top + name in self.members else None
        return pieces_of(open(place, "rb")) if os.path.isfile(place) and not os.path.islink(place) else None

    def read(self, name: str) -> bytes | None:
        """The whole of a file."""
        pieces, whole = self.pieces(name), io.BytesIO()
        whole.writelines(pieces or ())
        return None if pieces is None else whole.getvalue()

    def digest(self, name: str) -> str:
        """The SHA-256 of a file; empty where there is none."""
        pieces, made_of = self.pieces(name), sha256()
        for piece in pieces or ():
            made_of.update(piece)
        return "" if pieces is None else made_of.hexdigest()

    def flaws(self) -> Iterator[str]:
        """What is wrong with a BagIt 1.0 bag."""
        if self.read("bagit.txt") != b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n":
            yield "bagit.txt is missing or does not declare BagIt 1.0 in UTF-8"
        names = set(self.names())
        payload = {name for name in names if name.startswith("data/")}
        tags = {name for name in names - payload - {TAGS} if not name.startswith("signatures/")}
        signed = {name for name in names if name.startswith("signatures/") and name[11:] not in SIGNED_BY}
        yield from (f"{name} is in no manifest, and is no signature over one" for name in sorted(signed))
        for manifest, expected in (("manifest-sha256.txt", payload), (TAGS, tags)):
            listed: dict[str, str] = {}
            data = self.read(manifest)
            if data is None:
                yield f"{manifest} is missing or cannot be read"
                continue
            for number, line in enumerate(lines_of(data), 1):
                match = re.match(r"([0-9a-f]{64})  ([^\x00-\x1f\\]+)\Z", line.decode("utf-8", "replace"))
                if match is None:
                    yield f"line {number} of {manifest} is not in its form"
                    continue
                name = re.sub("%(25|0A|0D)", lambda found: chr(int(found[1], 16)), match[2])
                if name in listed:
                    yield f"{name} is listed twice in {manifest}"
                listed[name] = match[1]
            yield from (f"{name} is not listed in {manifest}" for name in sorted(expected - listed.keys()))
            for name, digest in sorted(listed.items()):
                if name not in expected:
                    yield f"{name} is listed in {manifest} and is not there"
                elif self.digest(name) != digest:
                    yield f"{name} is not the file that {manifest} names: its bytes are others"


TAGS, SIGNED_BY = (
    "tagmanifest-sha256.txt",
    {"tagmanifest.sig", "tagmanifest.sshsig", "allowed_signers", "export-key.pem"},
)
COMMITMENT, HEX = re.compile(r"sha256:[0-9a-f]{64}\Z"), re.compile(r"[0-9a-f]{64}\Z")


def one_reading(archive: zipfile.ZipFile, path: str) -> None:
    """Refuse an archive that others may unpack to other files: many begin at its front, zipfile at its end."""
    at, slack = 0, {0}
    with open(path, "rb") as file:
        for info in sorted(archive.infolist(), key=lambda one: one.header_offset):
            file.seek(info.header_offset)
            mark, _, flags, method, _, _, crc, packed, whole, name, extra = unpack("<4s5H3L2H", file.read(30))
            told = (mark, flags, method) == (b"PK\x03\x04", info.flag_bits, info.compress_type)
            if not flags & 8:
                sizes = packed in {info.compress_size, 0xFFFFFFFF} and whole in {info.file_size, 0xFFFFFFFF}
                told = told and crc == info.CRC and sizes
            if info.header_offset - at not in slack or not told:
                raise Bad(f"the archive has bytes beside its members, at {info.filename!r}")
            at = info.header_offset + 30 + name + extra + info.compress_size
            slack = {0, 12, 16, 20, 24} if flags & 8 else {0}
    if archive.start_dir - at not in slack or archive.comment:
        raise Bad("the archive has bytes beside its members, at its end")


def sound(infos: Sequence[zipfile.ZipInfo], size: int) -> dict[str, zipfile.ZipInfo]:
    """The files of an archive that is not made to harm whoever unpacks it."""
    if len(infos) > 100000 or sum(info.file_size for info in infos) > (64 << 20) + 200 * size:
        raise Bad("the archive has more than 100,000 members, or unpacks to too much")
    found: dict[str, zipfile.ZipInfo] = {}
    names: set[str] = set()
    for info in infos:
        name, mode = info.orig_filename, info.external_attr >> 16 & 0xF000
        alike = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        alike = alike[:-1] if alike.endswith("/") else alike
        parts = (name[:-1] if name.endswith("/") else name).split("/")
        plain = name == info.filename and "\\" not in name and min(name, default="") >= " " and alike not in names
        inside = not {"", ".", ".."} & set(parts) and ":" not in parts[0]
        if not plain or not inside or mode not in {0, 0x8000, 0x4000} or info.flag_bits & 1:
            raise Bad(f"the archive has a member {name!r} that stands twice, leaves it, or is no plain file")
        names.add(alike)
        found[name] = info
    return {name: info for name, info in found.items() if not name.endswith("/")}


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a file, a piece at a time."""
    with file:
        yield from iter(lambda: file.read(1 << 20), b"")


class Lines:
    """The lines of a file, as `lines_of` gives them, each cut out when it is asked for: eight bytes are kept of it."""

    def __init__(self, data: bytes) -> None:
        self.data, self.ends = data, array("Q", (found.end() for found in re.finditer(b"\n", data)))
        if data and not data.endswith(b"\n"):
            self.ends.append(len(data) + 1)

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, number: int) -> bytes:
        return self.data[self.ends[number - 1] if number else 0 : self.ends[number] - 1]


def lines_of(data: bytes) -> list[bytes]:
    """The lines of a file; what follows the last newline is one more, unless it is empty."""
    lines = data.split(b"\n")
    return lines if lines[-1] else lines[:-1]


class Copy:
    """What lies in a copy, and what is wrong with it beside its entries."""

    def __init__(self, path: str) -> None:
        self.lines = Lines(b"")
        self.texts: dict[str, tuple[bytes, bytes]] = {}
        self.notes: dict[int, bytes] = {}
        self.inline: dict[str, str] = {}
        self.small: dict[str, bytes] = {}
        self.about: Obj = {}
        self.faults: list[str] = []
        self.alone, self.inside = False, "data/01-ledger/"
        self.files: Files | None = None
        if os.path.isdir(path):
            plain = not os.path.isfile(os.path.join(path, "bagit.txt")) and "entries.jsonl" in os.listdir(path)
            self.inside = "" if plain else self.inside
            self.of_files(Files(path, archive=False))
            return
        with open(path, "rb") as file:
            start = file.read(4096)
            if start.startswith(b"PK\x03\x04"):
                self.of_files(Files(path, archive=True))
            elif start.startswith(b"{"):
                self.lines, self.alone = Lines(start + file.read()), True
            elif start.lstrip()[:14].lower() == b"<!doctype html":
                self.of_page(start + file.read())
            else:
                raise Bad("it is neither a folder with entries.jsonl, nor a bundle, a dossier or lines of entries")

    def of_files(self, files: Files) -> None:
        """Take the four files of a folder or a bag."""
        self.files, data = files, files.read(f"{self.inside}entries.jsonl")
        if data is None:
            raise Bad("the copy has no entries.jsonl")
        self.lines = Lines(data)
        blobs = f"{self.inside}blobs/"
        for name in files.names() if files.zip is not None else ():
            if name.startswith(blobs) and HEX.match(name[len(blobs) :]):
                self.inline[name[len(blobs) :]] = files.digest(name)
        for name, take in (("texts.jsonl", self.take_text), ("checkpoints.jsonl", self.take_note)):
            found = files.read(self.inside + name)
            if found is None:
                self.faults.append(f"{name} is missing")
            self.take(found or b"", name, take)

    def of_page(self, page: bytes) -> None:
        """Take the script blocks of a dossier."""
        blocks = {name: block(page, name) for name in ("entries", "texts", "checkpoints", "blobs", "about")}
        self.lines = Lines(blocks["entries"])
        self.take(blocks["texts"], "texts.jsonl", self.take_text)
        self.take(blocks["checkpoints"], "checkpoints.jsonl", self.take_note)
        try:
            for line in lines_of(blocks["blobs"]):
                one = json.loads(line.decode())
                if sorted(one) != ["data", "digest"] or not HEX.match(one["digest"]):
                    raise Bad("a line of dl-blobs is not in its form")
                data = b64decode(one["data"], validate=True)
                self.inline[one["digest"]] = sha256(data).hexdigest()
                if len(data) <= 1 << 18:
                    self.small[one["digest"]] = data
            about = json.loads(blocks["about"].decode())
            self.about = {name: about[name] for name in ("ledger", "origin", "size", "root")}
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Bad(f"a block of the dossier is not in its form: {error}") from error

    def take(self, data: bytes, name: str, taken: Callable[[Any], bool]) -> None:
        """Take lines of JSON; a line that is not in its form is named."""
        for number, line in enumerate(lines_of(data), 1):
            try:
                good = len(line) <= 1 << 20 and taken(json.loads(line.decode()))
            except (ValueError, TypeError, AttributeError, RecursionError):
                good = False
            if not good:
                self.faults.append(f"line {number} of {name} is not in its form")

    def take_text(self, one: Any) -> bool:
        """Keep a text; the last of several counts."""
        good = sorted(one) == ["commitment", "salt", "text"] and COMMITMENT.match(one["commitment"])
        if good and HEX.match(one["salt"]):
            self.texts[one["commitment"]] = bytes.fromhex(one["salt"]), one["text"].encode()
            return True
        return False

    def take_note(self, one: Any) -> bool:
        """Keep a signed checkpoint; the last of several counts."""
        good = sorted(one) == ["note", "size"] and type(one["size"]) is int and 0 <= one["size"] < 1 << 53
        if good:
            self.notes[one["size"]] = one["note"].encode()
        return good

    def digests(self) -> list[str]:
        """The names of all files that lie there under a SHA-256."""
        if self.files is None or self.files.zip is not None:
            return sorted(self.inline)
        inside = f"{self.inside}blobs/"
        names = [name[len(inside) :] for name in self.files.names() if name.startswith(inside)]
        return sorted(name for name in names if HEX.match(name))

    def blob(self, digest: str) -> str:
        """The SHA-256 of the file that lies there under a SHA-256; empty where none does."""
        if self.files is None or self.files.zip is not None:
            return self.inline.get(digest, "")
        return self.files.digest(f"{self.inside}blobs/{digest}")

    def content(self, digest: str) -> bytes:
        """The bytes of a short file under a SHA-256."""
        if self.files is None:
            return self.small.get(digest, b"")
        return self.files.read(f"{self.inside}blobs/{digest}") or b""

    def flaws(self, made_of: Obj) -> Iterator[str]:
        """What is wrong with the copy as such; `made_of` is what its entries make of what a dossier says."""
        yield from self.faults
        if self.files is not None and self.inside:
            yield from self.files.flaws()
        for name, said in self.about.items():
            if said != made_of[name]:
                yield f"dl-about says the {name} {said}; its entries make it {made_of[name] or 'unknown'}"


def block(page: bytes, name: str) -> bytes:
    """The lines of a script block, which stands once in the page and in its one form."""
    opening = f'<script type="application/json" id="dl-{name}">\n'.encode()
    start, marks = page.find(opening), re.findall(rb"(?i)\bid\s*=\s*[\"']?dl-%s\b" % name.encode(), page)
    stop = page.find(b"<", start + len(opening))
    if start < 0 or len(marks) != 1 or page[stop : stop + 9] != b"</script>":
        raise Bad(f"the block dl-{name} does not stand in the dossier once, in its one form")
    return page[start + len(opening) : stop]


# --- people: whose key is whose, who holds which role, what was delegated to whom


class Roster:
    """Everything about authority that stands in the log so far; keys that have ended stay known."""

    def __init__(self) -> None:
        self.ledger, self.site, self.quorum = "", "", 2
        self.witnesses: Obj = {"quorum": 0, "keys": []}
        self.genesis: Obj = {}
        self.people: dict[str, Obj] = {}
        self.keys: dict[str, Obj] = {}
        self.devices: dict[str, Obj] = {}
        self.delegations: list[Obj] = []
        self.pending: dict[str, tuple[Entry, list[Signature]]] = {}
        self.packs: list[tuple[int, Obj]] = []
        self.dictionaries: list[tuple[int, Obj]] = []
        self.doubts: list[Obj] = []
        self.answers: list[Obj] = []

    def take(self, entry: Entry) -> None:
        """Fold one entry in: at once, or with the signature that completes it."""
        if entry.family not in {"study", "people"}:
            return
        if entry.kind == SIGNED:
            waits = self.gathered(entry)
            if waits is not None:
                self.pending[waits[0].id] = waits
                self.settle(*waits, entry.position)
        elif entry.row.completed:
            self.pending[entry.id] = entry, entry.headers
            self.settle(entry, entry.headers, entry.position)
        else:
            self.apply(entry, entry.position)

    def gathered(self, entry: Entry) -> tuple[Entry, list[Signature]] | None:
        """What a countersignature is for, with all its signatures; None where it comes too late or for nothing."""
        target, headers = self.pending.get(entry.body["target"], (None, []))
        if target is None or entry.recorded_at - target.recorded_at > MONTH:
            return None
        return target, headers + entry.headers

    def settle(self, entry: Entry, headers: list[Signature], position: int) -> None:
        """Let an entry take effect once all its signatures stand."""
        if not missing(entry, headers):
            del self.pending[entry.id]
            self.apply(entry, position)

    def apply(self, entry: Entry, position: int) -> None:
        """What takes effect at a position."""
        body, kind = entry.body, entry.kind
        if kind == GENESIS:
            self.ledger, self.site, self.genesis = entry.leaf, entry.payload["site"], body
            self.quorum, self.witnesses = body["quorum"], body["witnesses"]
            self.device(body["device"], position)
        if kind in {GENESIS, CHANGED, RECOVERED}:
            gone = body.get("removed")
            self.end([one for one in self.keys.values() if one["person"] == gone], position, "removed")
            for one in body["registrars"] if kind == GENESIS else [body.get("added") or body.get("registrar")]:
                if one is not None:
                    self.enrol({**one, "roles": ["registrar"]}, position)
        elif kind == "key.enrolled/1":
            self.enrol(body, position)
        elif kind == "device.enrolled/1":
            self.device(body["device"], position)
        elif kind == "key.rotated/1":
            self.end([self.keys[body["old_key_id"]]] if body["old_key_id"] in self.keys else [], position, "rotated")
            self.enrol({**self.people.get(body["person"], {}), **body}, position)
        elif kind == "key.revoked/1":
            self.revoke(entry, position)
        elif kind == POLICY:
            self.quorum, self.witnesses = body["quorum"], body["witnesses"]
        elif kind in {"signature.reaffirmed/1", "signature.repudiated/1"}:
            said = {"person": entry.author.person, "kid": entry.author.kid, "said": entry.id, "said_at": entry.position}
            stands = {"position": position, "stands": kind == "signature.reaffirmed/1"}
            self.answers += [{**said, **stands, "entry": name} for name in body["targets"]]
        elif kind == "delegation.granted/1":
            self.delegations.append({**body, "id": entry.id, "ended": None})
        elif kind == "delegation.ended/1":
            self.end_delegations(body["delegation"], entry.occurred["at"])
        elif kind == "protocol.activated/1":
            self.packs.append((position, body["pack"]))
        if kind in {"protocol.activated/1", "dictionary.loaded/1"}:
            self.dictionaries.append((position, body["dictionary"]))

    def enrol(self, card: Obj, position: int) -> None:
        """A person's key is active from this position on."""
        person = card["person"]
        if "roles" in card:
            self.people[person] = {name: card[name] for name in ("name", "organisation", "roles")}
        self.keys[card["key_id"]] = self.active(person, card["key"], position, card.get("valid_until"))

    def device(self, device: Obj, position: int) -> None:
        """A device's key is active from this position on."""
        self.devices[device["key_id"]] = self.active(device["id"], device["key"], position, None)

    def active(self, person: str, key: Obj, position: int, until: str | None) -> Obj:
        """A key that has not ended."""
        return {"person": person, "key": key, "since": position, "until": until, "ended": None, "why": ""}

    def end(self, keys: Iterable[Obj], position: int, why: str) -> None:
        """Keys sign nothing after this position."""
        for one in keys:
            if one["ended"] is None or why == "rotated":
                one.update(ended=position, why=why)

    def revoke(self, entry: Entry, position: int) -> None:
        """A key ends, and what it signed from the suspected position on is in doubt."""
        body, key = entry.body, self.key(entry.body["key_id"])
        self.end([key] if key else [], position, body["why"])
        if body["suspected_from"] is not None:
            self.doubts.append({**body, "since": body["suspected_from"], "until": position})
        if body["why"] == "compromised":
            for name, (_, headers) in list(self.pending.items()):
                if any(header.kid == body["key_id"] for header in headers):
                    del self.pending[name]
        if body["why"] == "left":
            self.end_delegations(body["person"], entry.occurred["at"])

    def end_delegations(self, which: str, at: str) -> None:
        """End the delegation of that entry, or all of that person; one that has ended stays as it ended."""
        for one in self.delegations:
            if which in {one["id"], one["person"]} and one["ended"] is None:
                one["ended"] = at

    def key(self, kid: str) -> Obj | None:
        """The key of this name, of a person or a device, ended or not."""
        return self.keys.get(kid) or self.devices.get(kid)

    def holders(self, role: str, at: datetime, but: str = "") -> set[str]:
        """Who holds a role and a key that may sign at log time `at`, one key left aside."""
        held = {one["person"] for kid, one in self.keys.items() if holds(one, at) and kid != but}
        return {person for person in held if role in self.people[person]["roles"]}

    def registrars(self, at: datetime, but: str = "") -> set[str]:
        """The registrars with a key that may sign at log time `at`, one key left aside."""
        return self.holders("registrar", at, but)

    def over(self, entry: Entry, person: str) -> int | None:
        """Where the newest doubt about this person's signature of an entry was raised."""
        kids = {header.kid for header in entry.headers if header.person == person}
        found = [one for one in self.doubts if one["key_id"] in kids and one["since"] <= entry.position < one["until"]]
        return max((one["until"] for one in found), default=None)

    def answer(self, entry_id: str, person: str) -> Obj | None:
        """What a person said of his signature of an entry: the newest answer that is not itself in doubt."""
        own = (one for one in reversed(self.answers) if (one["entry"], one["person"]) == (entry_id, person))
        return next((one for one in own if self.stands(one)), None)

    def stands(self, answer: Obj) -> bool:
        """Whether an answer holds: the key that signed it is above doubt there, or its owner stood by it later."""
        kid, at = answer["kid"], answer["said_at"]
        if not any(one["key_id"] == kid and one["since"] <= at < one["until"] for one in self.doubts):
            return True
        later = self.answer(answer["said"], answer["person"])
        return later is not None and bool(later["stands"])

    def newest_answer(self, person: str, to: int = 1 << 53) -> int:
        """Where the person's newest answer before a position took effect; -1 where there is none."""
        own = [one for one in self.answers if one["person"] == person and one["position"] < to]
        return max((one["position"] for one in own if self.stands(one)), default=-1)

    def beside(
        self, entry: Entry, targets: Sequence[Entry], anchored: int
    ) -> list[tuple[frozenset[str], frozenset[str]]]:
        """The signatures of registrars that are asked for beside those of the kind."""
        body, kind, author, registrar = entry.body, entry.kind, entry.author.person, frozenset({"registrar"})
        if kind in {CHANGED, POLICY, TURNED, RESTORED}:
            return [(frozenset({"responsibility"}), registrar)] * (max(2, self.quorum) - 2)
        if kind == "key.revoked/1" and body["suspected_from"] is not None:
            back = body["suspected_from"] < max(anchored, self.newest_answer(body["person"]))
            return [(frozenset({"responsibility"}), registrar)] * back
        asked = False
        if kind == "key.rotated/1" and body["old_key_id"] in self.keys:
            old, new = self.keys[body["old_key_id"]]["until"], body["valid_until"]
            asked = old is not None and (new is None or new > old)
        if kind == "signature.reaffirmed/1":
            seen = [(one, self.over(one, author)) for one in targets]
            asked = any(until is not None and one.position < self.newest_answer(author, until) for one, until in seen)
        return [(frozenset({"verified"}), registrar)] * asked

    def recovers(self, entry: Entry) -> bool:
        """Whether the recovery key of the first entry signed this alone, for the registrar who comes by it."""
        kept, comes, one = self.genesis.get("recovery_key"), entry.body["registrar"], entry.author
        card = (comes["person"], comes["name"], comes["organisation"], "registrar")
        right = kept is not None and one.kid == kept == thumbprint(entry.body["recovery_key"])
        return right and len(entry.headers) == 1 and (one.person, one.name, one.organisation, one.role) == card

    def refuses(self, one: Signature, at: datetime) -> str:
        """Why the card of a signature is not what the log says of its key; empty where it is."""
        device = one.role == "system"
        key = self.devices.get(one.kid) if device else self.key(one.kid)
        if key is None or key["person"] != one.person or key["ended"] is not None:
            return f"the key {one.kid[:8]} of {one.person} is not active"
        if device:
            places = {f"Site {self.site}", *(card["organisation"] for card in self.genesis["registrars"])}
            right = one.name == f"Device {one.person}" and one.organisation in places
            return "" if right else f"the device {one.person} signs under another name or organisation"
        holder = self.people.get(one.person)
        if holder is None or (holder["name"], holder["organisation"]) != (one.name, one.organisation):
            return f"{one.person} signs under another name or organisation than enrolled"
        if one.role not in holder["roles"]:
            return f"{one.person} does not hold the role {one.role}"
        return "" if holds(key, at) else f"the key of {one.person} expired on {key['until']}"

    def delegated(self, person: str, task: str, day: str, minute: datetime | None) -> bool:
        """Whether the task was delegated to the person then; `minute` is None where only the day is known."""
        if person in self.people and "principal-investigator" in self.people[person]["roles"]:
            return True
        return any(
            one["person"] == person
            and task in one["tasks"]
            and not before(day, minute, one["since"])
            and all(end is None or not behind(day, minute, end) for end in (one["until"], one["ended"]))
            for one in self.delegations
        )


def of_review(entry: Entry) -> bool:
    """Whether an entry is one of review and closing."""
    return entry.kind == "entry.reviewed/1" or entry.kind.split(".")[0] in REVIEW


def closed(until: str | None, occurred: Obj) -> bool:
    """Whether what happened then lies in the time that a lock closes; a day is compared with days."""
    if until is None:
        return True
    if len(until) == 10 or occurred["precision"] == "day":
        return bool(occurred["at"][:10] <= until[:10])
    return moment(occurred["at"]) <= moment(until)


def holds(key: Obj, at: datetime) -> bool:
    """Whether a key may sign at log time `at`: not ended, and not past its last day of UTC."""
    return key["ended"] is None and (key["until"] is None or at.date().isoformat() <= key["until"])


def before(day: str, minute: datetime | None, bound: str) -> bool:
    """Whether a time is before a bound, which is a day or a minute."""
    return day < bound[:10] if len(bound) == 10 or minute is None else minute < moment(bound)


def behind(day: str, minute: datetime | None, bound: str) -> bool:
    """Whether a time is behind the end of a period: a day belongs to it, a minute does not."""
    return day > bound[:10] if len(bound) == 10 or minute is None else minute >= moment(bound)


def missing(entry: Entry, headers: Sequence[Signature]) -> list[Obj]:
    """The needs of an entry that none of the signatures meets; a person meets one at most."""
    left, used, stand_in = list(entry.needs), set(), entry.payload["performed_by"]
    for header in headers:
        person = header.person
        want = {"meaning": header.meaning, "role": header.role}
        stranger = want["meaning"] == "performed" and stand_in not in {None, person}
        if person not in used and not stranger and want in left:
            left.remove(want)
            used.add(person)
    return left


def beyond(needs: Sequence[Obj], required: Sequence[tuple[frozenset[str], frozenset[str]]]) -> list[Obj] | None:
    """The needs that no requirement asks for; None where one lacks a need of its own."""
    left = list(needs)
    for meanings, roles in required:
        found = next((need for need in left if need["meaning"] in meanings and need["role"] in roles), None)
        if found is None:
            return None
        left.remove(found)
    return left


def relaxes(old: Said, new: Said) -> bool:
    """Whether a restated body could lower a dose or a grade, turn a ruling, or permit more than the old one."""
    (kind, a), (other, b) = old, new
    if kind != other:
        return True
    if kind == "tolerance.assessed/1":
        worse = b["worst_grade"] < a["worst_grade"] or b["dose"] != a["dose"]
        return worse or (b["tolerated"] and not a["tolerated"])
    if kind in {"toxicity.graded/1", "toxicity.regraded/1"}:
        return bool(b["grade"] < a["grade"] or b["toxicity"] != a["toxicity"])
    return any(a.get(name) != b.get(name) for name in KINDS[kind].guards)


def required(
    entry: Entry, about: Said | None, at: str | None, *, waits: bool, sponsored: bool
) -> list[tuple[frozenset[str], frozenset[str]]]:
    """The signatures that kind and content require; `about` is what is amended or regraded, `at` its time.

    A void takes back what `waits` and its own author began, or takes out what the sponsor's physician signed.
    """
    base, body = list(entry.row.needs), entry.body
    pi = entry.author.role == "principal-investigator"
    approval = (frozenset({"approved"}), frozenset({"investigator" if pi else "principal-investigator"}))
    if entry.kind == CORRECTED:
        moved = about and KINDS[about[0]].moved and at not in {None, body["occurred"]["at"]}
        also = [] if about is None else KINDS[about[0]].needs[1:]
        return base + ([approval] if about is None or moved or relaxes(about, entry.said) else []) + also
    grade = about[1].get("grade", 0) if about and about[0] in {"toxicity.graded/1", "toxicity.regraded/1"} else 0
    lowers = entry.kind == "toxicity.regraded/1" and body["grade"] < grade
    turns = entry.kind == "dlt.adjudicated/1" and body["reverses"] is not None
    if entry.kind == VOIDED and waits:
        return base
    sponsor = [(frozenset({"approved"}), frozenset({"sponsor-medical"}))] * (entry.kind == VOIDED and sponsored)
    return base + ([approval] if entry.kind == VOIDED or lowers or turns else []) + sponsor


# --- the log: every entry judged at its place, each against those before it


class Log:
    """What was passed so far, and every finding."""

    def __init__(self, copy: Copy) -> None:
        self.copy, self.roster, self.tree, self.time = copy, Roster(), Tree(), None  # type: Copy, Roster, Tree, Any
        self.findings: list[Finding] = []
        self.notices: list[Finding] = []
        self.not_checked: dict[str, int] = {}
        self.leaves: list[str] = []
        self.shut: set[int] = set()
        self.withheld: set[int] = set()
        self.ids: dict[str, int] = {}
        self.commands: dict[tuple[str, int], int] = {}
        self.counters: dict[str, dict[int, int]] = {}
        self.newest: dict[str, int] = {}
        self.anchored, self.anchors = 0, Anchors()
        self.places: dict[tuple[str, str], list[int]] = {}
        self.amending: dict[str, list[int]] = {}
        self.countersigning: dict[str, list[int]] = {}
        self.resting: list[int] = []
        self.abandoned: dict[str, set[int]] = {}
        self.streams: dict[int, str] = {}
        self.absent: list[tuple[int, str, str]] = []
        self.files: set[str] = set()
        self.unsealed: set[int] = set()
        self.redacted: dict[str, tuple[int, str]] = {}
        self.first: Entry | None = None
        self.keys: list[Obj] = []
        self.found: list[tuple[str, str]] = []
        self.opened = lru_cache(maxsize=1024)(self.open_again)

    # what stands before

    def open_again(self, position: int) -> Entry:
        """The entry at a position that was passed; Bad where it cannot be read."""
        if position in self.shut:
            raise Bad(f"the entry at position {position} cannot be read")
        return Entry(self.copy.lines[position], position)

    def between(self, scope: str, kinds: Sequence[str], start: int, command: str = "") -> int | None:
        """The first entry of one of the kinds from `start` on, on a stream or in a family, of another command."""
        found = []
        for kind in kinds:
            places = self.places.get((scope, kind), [])
            for position in places[bisect_left(places, start) :]:
                if not command or self.opened(position).command["id"] != command:
                    found.append(position)
                    break
        return min(found, default=None)

    def all_of(self, stream: str, kind: str, start: int = 0) -> list[Entry]:
        """The entries of a kind on a stream, from a position on."""
        places = {*self.places.get((stream, kind), []), *self.places.get((stream, BACK), [])}
        found = (self.opened(position).told for position in sorted(places) if position >= start)
        return [one for one in found if one.kind == kind]

    def add(self, code: str, why: str) -> None:
        """Note what is wrong with the entry that is judged."""
        self.found.append((code, why))

    def fail(self, position: int | None, kind: str | None, code: str, why: str) -> None:
        """Add a finding."""
        self.findings.append(Finding("L1" if code in LEVEL_1 or kind is None else "L2", code, why, position, kind))

    # the pass

    def run(self) -> None:
        """Pass every entry and every checkpoint."""
        copy = self.copy
        if not copy.lines:
            self.fail(None, None, "empty", "the ledger holds no entries")
            return
        for position in range(len(copy.lines)):
            self.entry(position)
            if self.first is None:
                return
            if position + 1 in copy.notes:
                self.head(position + 1, copy.notes[position + 1])
        last = len(copy.lines) - 1
        if not copy.alone:
            stray = max(copy.notes, default=0)
            if stray > last + 1:
                self.fail(last, None, "checkpoint", f"a checkpoint of {stray} entries is stored; {last + 1} are here")
            if last + 1 not in copy.notes:
                self.fail(last, None, "checkpoint", f"no signed checkpoint of all {last + 1} entries is stored")
        if last not in self.shut and last not in self.withheld:
            self.last_parts(self.opened(last))
        if not self.withheld:
            self.gaps()
        self.texts_gone()
        for digest in [] if copy.alone or self.withheld else copy.digests():
            if digest not in self.files:
                self.fail(None, None, "blob", f"no entry names the file {digest[:12]}...")
        self.doubted()
        self.anchors.ended(self, last + 1)

    def entry(self, position: int) -> None:
        """Pass the next entry."""
        raw = self.copy.lines[position]
        stub = STUB.match(raw)
        if stub and position == 0:
            self.fail(0, None, "genesis", "the first entry is withheld; nothing can be judged without it")
            return
        if stub:
            self.withheld.add(position)
        else:
            self.read(position)
        self.leaves.append(stub.group(1).decode() if stub else sha256(b"\0" + raw).hexdigest())
        self.tree.add(bytes.fromhex(self.leaves[-1]))

    def read(self, position: int) -> None:
        """Open the next entry, judge it, and remember it."""
        size = len(self.findings)
        try:
            entry = self.opened(position)
        except Bad as error:
            self.fail(position, None, "bytes", str(error))
            self.shut.add(position)
            return
        if position == 0 and entry.kind == GENESIS:
            self.first = entry
        if self.first is not None:
            self.signatures(entry)
        self.found, noted = [], len(self.notices)
        try:
            self.judge(entry)
        except Bad as error:
            self.found = [("not-judged", str(error))]
            del self.notices[noted:]
        unjudged = self.unjudged(entry)
        for code, why in self.found:
            if code not in unjudged:
                self.fail(position, entry.kind, code, why)
        if entry.told.kind == REDACTED and len(self.findings) == size:
            names = entry.told.body["commitments"]
            self.redacted.update((name, (position, REDACTED)) for name in names)
            self.notice(entry, "redacted", f"texts deleted by two persons: {len(names)}")
        self.beside(entry)
        self.seen_sealed(entry.payload["after"]["size"], position)
        self.anchors.take(entry, self)
        self.keep(entry)
        good = all(finding.level != "L1" for finding in self.findings[size:])
        if good:
            self.roster.take(entry)
        if good or position == 0:
            self.turn(entry)

    def turn(self, entry: Entry) -> None:
        """The key of the log that an entry names: it seals the heads that cover the entry."""
        body, log = entry.body, "main"
        if entry.kind in {TURNED, RESTORED} and self.keys:
            log = body["log"] if entry.kind == RESTORED else self.keys[-1]["log"]
        elif entry.kind != GENESIS:
            return
        key, lost = body["log_key" if entry.kind == GENESIS else "key"], body.get("lost")
        self.keys.append({"since": entry.position, "log": log, "key": key, "next": body["next_log_key"], "lost": lost})

    def unjudged(self, entry: Entry) -> frozenset[str]:
        """The codes that are not judged, because they turn on entries that this copy withholds."""
        position, payload = entry.position, entry.payload
        if not self.withheld:
            return frozenset()
        sets = [header.part for header in entry.headers]
        parts = max([entry.command["index"], *(part["i"] for part in sets if part)])
        named = [ref["position"] for ref in (*payload["causes"], payload["corrects"]) if ref]
        if not any(one in self.withheld for one in named) and not self.hidden(position, parts):
            return BEHIND
        self.resting.append(position)
        return BEHIND | RESTING

    def hidden(self, position: int, parts: int) -> bool:
        """Whether one of so many entries before a position is withheld."""
        return any(one in self.withheld for one in range(max(0, position - parts), position))

    def signatures(self, entry: Entry) -> None:
        """L1: every signature, by the key that the log made active before this position."""
        held = {one["key_id"]: one for one in entry.body["registrars"]} if entry.kind == GENESIS else None
        if held is not None and held.keys() - {header.kid for header in entry.headers}:
            self.fail(entry.position, entry.kind, "key", "not every root registrar has signed the first entry")
            return
        if entry.kind == RECOVERED:
            recovered = {"key": entry.body["recovery_key"], "ended": None}
            held = {entry.author.kid: recovered} if self.roster.recovers(entry) else {}
        keys = []
        for header in entry.headers:
            key = self.roster.key(header.kid) if held is None else held.get(header.kid)
            if key is None or key.get("ended") is not None or algorithm(key["key"]) != header.alg:
                why = f"the key {header.kid[:8]} of {header.person} is not active, or of another algorithm"
                self.fail(entry.position, entry.kind, "key", why)
                return
            keys.append(key["key"])
        for header, key, (_, covered, signature) in zip(entry.headers, keys, entry.signed):
            good = made(key, covered, signature)
            if good is None:
                self.count(ES256)
            elif not good:
                why = f"{header.person}: the signature was not made by this key over these bytes"
                self.fail(entry.position, entry.kind, "signature", why)

    def count(self, what: str) -> None:
        """Count something that is not checked."""
        self.not_checked[what] = self.not_checked.get(what, 0) + 1

    def beside(self, entry: Entry) -> None:
        """L1: the texts that the entry is committed to, and the files that it names."""
        body, copy = entry.body, self.copy
        if copy.alone:
            return
        for commitment in sorted(entry.commitments()):
            found = copy.texts.get(commitment.decode())
            if found is None:
                self.absent.append((entry.position, entry.kind, commitment.decode()))
            elif (len(found[0]), sha256(b"".join(found)).hexdigest()) != (32, commitment[7:].decode()):
                self.fail(entry.position, entry.kind, "text", f"the text behind {commitment[:15].decode()} is another")
        for named in (body[name] for name in FILES.get(entry.kind, ()) if body[name] is not None):
            digest = named if isinstance(named, str) else named["digest"]
            self.files.add(digest)
            if copy.blob(digest) != digest:
                self.fail(entry.position, entry.kind, "blob", f"the file {digest[:8]} is missing, or another")
            elif entry.kind == RESTORED:
                self.evidence(entry, copy.content(digest))

    def evidence(self, entry: Entry, note: bytes) -> None:
        """L1: the note of what was lost is the head that the entry names."""
        lost = entry.body["lost"]
        try:
            said = self.ever(note)
        except Bad as error:
            why = f"the note of what was lost is no head of this log: {error}"
            self.fail(entry.position, entry.kind, "anchor", why)
            return
        if (said.size, said.root.hex()) != (lost["size"], lost["root"]):
            self.fail(entry.position, entry.kind, "anchor", "the note of what was lost is of another head")

    def seen_sealed(self, size: int, position: int) -> None:
        """L1: the head at which an author looked was sealed, and its checkpoint is still there."""
        if not self.copy.alone and 0 < size <= position and size not in self.copy.notes and size not in self.unsealed:
            why = f"no signed checkpoint of {size} entries is stored, and #{position} was written after it"
            self.fail(size - 1, None, "checkpoint", why)
            self.unsealed.add(size)

    def keep(self, entry: Entry) -> None:
        """Remember what later entries are judged by."""
        position, payload = entry.position, entry.payload
        self.ids.setdefault(entry.id, position)
        self.streams[position] = entry.stream
        self.commands.setdefault((entry.command["id"], entry.command["index"]), position)
        for header in entry.headers:
            self.counters.setdefault(header.kid, {}).setdefault(header.n, position)
        self.newest[entry.author.kid] = position
        if entry.kind == "anchor.made/1":
            self.anchored = max(self.anchored, entry.body["size"])
        for scope in (entry.stream, f"{entry.family}/*"):
            self.places.setdefault((scope, entry.kind), []).append(position)
        if payload["corrects"] is not None:
            self.amending.setdefault(payload["corrects"]["id"], []).append(position)
        elif entry.kind == SIGNED:
            self.countersigning.setdefault(entry.body["target"], []).append(position)
        if entry.kind == "signature.abandoned/1":
            self.abandoned.setdefault(entry.body["key_id"], set()).update(entry.body["n"])
        reset = entry.kind == "log.clock/1" and entry.body["reset"]
        self.time = entry.recorded_at if reset or self.time is None else max(self.time, entry.recorded_at)

    def head(self, size: int, note: bytes) -> None:
        """L1: a checkpoint of as many entries as were passed."""
        try:
            key = next(one for one in reversed(self.keys) if one["since"] < size)
            found = open_note(note, self.origin(key), key["key"])
        except Bad as error:
            self.fail(size - 1, None, "checkpoint", f"the checkpoint of {size} entries: {error}")
            return
        if found != (size, self.tree.root(size)):
            self.fail(size - 1, None, "root", f"the signed checkpoint of {size} entries gives another root")

    def origin(self, key: Obj | None = None) -> str:
        """The origin of the checkpoints that a key of the log signs, the newest when none is given."""
        if self.first is None:
            return ""
        log = (key or self.keys[-1])["log"]
        return f"doseledger/{self.first.body['trial']}/{self.leaves[0][:32]}/{log}"

    def ever(self, note: bytes) -> Note:
        """A head that any key of its epoch has signed: of another history, the key may have changed elsewhere."""
        said = read_note(note)
        own = [one for one in self.keys if self.origin(one) == said.origin] or self.keys[-1:]
        for number, key in enumerate(own, 1):
            try:
                open_note(note, self.origin(key), key["key"])
            except Bad:
                if number == len(own):
                    raise
            else:
                break
        return said

    def without(self, note: bytes) -> bool:
        """Whether a note, if it is one, is of a head that was given up."""
        try:
            return self.given_up(read_note(note))
        except Bad:
            return False

    def given_up(self, head: Note) -> bool:
        """Whether a head is one that the log goes on without, as registrars signed in it."""
        for key in self.keys:
            if key["lost"] is not None and epoch(head.origin)[1] < epoch(key["log"])[1]:
                size, root = key["lost"]["size"], key["lost"]["root"]
                if key["since"] < head.size < size or (head.size, head.root.hex()) == (size, root):
                    return True
        return False

    def last_parts(self, entry: Entry) -> None:
        """L2: what the newest entry belongs to must be complete."""
        if entry.command["index"] + 1 != entry.command["of"]:
            self.fail(entry.position, entry.kind, "command-broken", "the last parts of the newest command are missing")
        for part in (header.part for header in entry.headers):
            if part and part["i"] + 1 < part["of"]:
                self.fail(entry.position, entry.kind, "set", "the last of the entries signed together are missing")

    def gaps(self) -> None:
        """Notice the signature counters that never arrived."""
        for kid, used in self.counters.items():
            key, low, high = self.roster.keys.get(kid), min(used), max(used)
            request = {1} if key and key["since"] > 0 else set()
            request |= self.abandoned.get(kid, set())
            if high - low <= 2 * len(used) + 1000:
                left = [str(n) for n in range(low, high) if n not in used and n not in request]
                if left:
                    why = (
                        f"signatures of {key['person'] if key else kid[:8]} that never arrived: {', '.join(left[:10])}"
                    )
                    self.notices.append(Finding("L2", "n-missing", why, None, None))

    def doubted(self) -> None:
        """Notice the signatures that a revocation put in doubt, and that nobody stood by."""
        found = set()
        for doubt in self.roster.doubts:
            for position in self.counters.get(doubt["key_id"], {}).values():
                if doubt["since"] <= position < doubt["until"]:
                    answer = self.roster.answer(self.opened(position).id, doubt["person"])
                    if answer is None or not answer["stands"]:
                        found.add((position, "repudiated" if answer else "disputed", doubt["person"]))
        for position, code, person in sorted(found):
            self.notice(self.opened(position), code, f"the signature of {person} is in doubt since his key was revoked")

    def unchecked(self) -> list[str]:
        """What was not checked of this copy, in sentences."""
        found = [f"{count} {what}" for what, count in self.not_checked.items()]
        found += ["texts", "blobs", "checkpoints"] if self.copy.alone else []
        if self.withheld:
            found.append(
                f"{len(self.withheld)} withheld entries, of which only hashes stand here: {span(self.withheld)}"
            )
            found.append(f"{', '.join(sorted(BEHIND))}, clock-behind, n-missing behind #{min(self.withheld)}")
        if self.resting:
            found.append(f"what {len(self.resting)} entries say of withheld ones: {span(self.resting)}")
        left = len(self.copy.lines) - len(self.leaves)
        return found + ([f"{left} entries behind position {len(self.leaves) - 1}"] if left else [])

    # the judgement

    def notice(self, entry: Entry, code: str, why: str) -> None:
        """Add what is worth reading and changes no verdict."""
        self.notices.append(Finding("L2", code, why, entry.position, entry.kind))

    def judge(self, entry: Entry) -> None:
        """L2, and what of L1 hangs on other entries: docs/spec/verification.md, in the order of the program."""
        first, position = entry.kind == GENESIS, entry.position
        if first != (position == 0):
            self.add("genesis", "the first entry of a ledger, and only it, creates the ledger")
            return
        reset = entry.kind == "log.clock/1" and entry.body["reset"]
        now = entry.recorded_at if reset or self.time is None else max(self.time, entry.recorded_at)
        roster = self.roster
        if first:
            self.first_entry(entry)
            roster = Roster()
            roster.take(entry)
        else:
            self.place(entry)
            self.references(entry)
            self.in_time(entry)
        self.written(entry, roster)
        self.enrolments(entry, now)
        self.key_life(entry, now)
        about = self.subject(entry)
        self.amendment(entry, about, now)
        self.ruled(entry, now)
        self.closing(entry)
        self.leaving(entry)
        if entry.kind in {TURNED, RESTORED} and roster.genesis:
            self.turning(entry)
        if entry.inside:
            self.came_back(entry, entry.inside)
        self.authority(entry, about, now, roster)
        self.separation(entry)
        self.together(entry)

    def came_back(self, entry: Entry, inside: Entry) -> None:
        """A lost entry was signed for this ledger by keys it knows, states what may come back; another attests it."""
        row, signed, code = inside.row, {header.person for header in inside.headers}, "recovered-entry"
        if inside.payload["ledger"] != self.roster.ledger:
            self.add(code, "the entry inside belongs to another ledger")
        patient = row.family == "patient" and not row.completed and not of_review(inside)
        deletes = inside.kind == REDACTED and inside.family in {"patient", "supply"}
        if not patient and not (row.family == "supply" and row.fact) and not deletes:
            self.add(code, f"{inside.kind} does not come back like this: it is signed anew")
        if signed & {header.person for header in entry.headers}:
            self.add(code, "who signed the entry inside cannot attest it")
        if inside.kind == "patient.registered/1" and self.places.get((inside.stream, inside.kind)):
            self.add(code, "the patient was registered again")
        wanted = [(meanings, roles | named("SITE") if row.fact else roles) for meanings, roles in row.needs]
        if beyond(inside.needs, wanted) is None or (not row.fact and missing(inside, inside.headers)):
            self.add(code, f"the entry inside lacks a signature that {inside.kind} needs")
        for header, (_, covered, signature) in zip(inside.headers, inside.signed):
            holder, key = self.roster.people.get(header.person), self.roster.key(header.kid)
            if holder and header.role not in holder["roles"]:
                self.add(code, f"{header.person} is not enrolled as a {header.role}")
            if key is None or key["person"] != header.person or algorithm(key["key"]) != header.alg:
                self.add(code, f"the key {header.kid[:8]} of {header.person} was never enrolled here")
                continue
            if key.get("why") == "compromised":
                self.add(code, f"the key {header.kid[:8]} of {header.person} was revoked as compromised")
            good = made(key["key"], covered, signature)
            if good is None:
                self.count(ES256)
            elif not good:
                self.add(code, f"the signature of {header.person} on the entry inside does not hold")

    def first_entry(self, entry: Entry) -> None:
        """The first entry comes after nothing."""
        after, payload = entry.after, entry.payload
        if (after["log"], after["size"], after["root"]) != ("main", 0, sha256(b"").hexdigest()):
            self.add("after", "the first entry comes after nothing")
        if payload["causes"] or payload["corrects"] or payload["protocol"] or entry.command["index"]:
            self.add("genesis", "the first entry names other entries or a protocol")

    def place(self, entry: Entry) -> None:
        """Ledger, site, ids, counters, the command, and `after`."""
        payload, command, after, size = entry.payload, entry.command, entry.after, entry.position
        if payload["ledger"] != self.roster.ledger:
            self.add("ledger", f"the entry belongs to the ledger {payload['ledger'][:8]}")
        if payload["site"] != self.roster.site:
            self.add("site", f"the entry is of the site {payload['site']}, this ledger is of {self.roster.site}")
        fitting = {entry.family, f"{entry.family}/{payload['site']}"}
        if entry.stream not in fitting and entry.family not in {"patient", "cohort"}:
            self.add("site", f"the entry of the site {payload['site']} stands on the stream {entry.stream}")
        if entry.id in self.ids:
            self.add("id-reused", f"the entry id already stands at position {self.ids[entry.id]}")
        for header in entry.headers:
            if header.n in self.counters.get(header.kid, {}):
                self.add("n-reused", f"{header.person}: signature {header.n} stands already")
        if (command["id"], command["index"]) in self.commands:
            self.add("command-used", f"part {command['index']} of the command stands already")
        if size - 1 not in self.withheld:
            last = self.opened(size - 1)
            goes_on = (last.command["id"], last.command["index"] + 1) == (command["id"], command["index"])
            if goes_on and (last.command["of"], last.after) != (command["of"], after):
                self.add("command-broken", "entries of one command name one number of parts and one `after`")
            if not goes_on and (command["index"] > 0 or last.command["index"] + 1 < last.command["of"]):
                self.add("command-broken", "the entries of one command do not stand together")
        if after["log"] != "main" or not 0 < after["size"] <= size:
            self.add("after", f"`after` names {after['size']} entries of {after['log']}; {size} stand before this one")
            return
        if self.tree.root(after["size"]).hex() != after["root"]:
            self.add("after-root", "the author saw another log: `after` gives another root for its entries")
        for header in entry.headers:
            key = self.roster.key(header.kid)
            if key and key["since"] >= after["size"]:
                self.add("after-enrolment", f"`after` does not cover the enrolment of {header.person}")
        own = self.newest.get(entry.author.kid, -1)
        if own >= after["size"] and self.opened(own).command["id"] != command["id"]:
            self.add("after-own", f"`after` does not cover the previous entry of this author at position {own}")

    def references(self, entry: Entry) -> None:
        """The entries that are named are those that stand there; nothing slipped in between."""
        payload, after, inside = entry.payload, entry.after, entry.references()
        for ref in (*payload["causes"], payload["corrects"]):
            position = ref and self.named(ref, entry)
            if position is None or not (ref is payload["corrects"] or ref["id"] in inside):
                continue
            stream = self.opened(position).stream
            stock = entry.family == "supply" and stream.startswith("patient/")
            crosses = (stock or entry.kind in CROSSING) and ref is not payload["corrects"]
            if stream != entry.stream and not crosses:
                self.add("reference-stream", f"the entry {ref['id']} belongs to {stream}, not to {entry.stream}")
        if after["size"] < entry.position:
            for family, kinds in entry.row.after:
                scope = entry.stream if family == "any" else f"{family}/*"
                winner = self.between(scope, sorted(kinds), after["size"], entry.command["id"])
                if winner is not None:
                    self.add("predicate", f"somebody wrote first: the entry at position {winner} was not known")
        if entry.kind == "patient.registered/1" and self.places.get((entry.stream, entry.kind)):
            self.add("registered", "the patient was already registered")

    def named(self, ref: Obj, entry: Entry) -> int | None:
        """The position that a reference names, once it is true and can be read."""
        position, own = ref["position"], self.ids.get(ref["id"])
        if position is None:
            if self.hidden(entry.position, entry.command["index"]):
                return None
            whole = own is not None and ref["leaf"] is None and ref["log"] == "main"
            if own is None or not whole or self.opened(own).command["id"] != entry.command["id"]:
                self.add("reference", "what is named as an entry of the same command is none before this one")
                return None
            return own
        seen = position < entry.position and position not in self.withheld and position not in self.shut
        right = position < entry.position and position not in self.shut and self.leaves[position] == ref["leaf"]
        if not right or ref["log"] != "main" or (seen and self.opened(position).id != ref["id"]):
            self.add("reference", f"what is named at position {position} is not the entry that stands there")
            return None
        if position >= entry.after["size"]:
            self.add("reference-after", f"`after` does not cover the entry named at position {position}")
        return position if seen else None

    def in_time(self, entry: Entry) -> None:
        """Nothing is recorded before it happened; a clock that is behind is said so."""
        payload, recorded = entry.payload, entry.recorded_at
        now = max(recorded, self.time or recorded) + MINUTES
        for occurred in [entry.occurred, entry.restated][: 1 + (entry.kind == CORRECTED)]:
            zone = moment(entry.author.at).tzinfo
            day = occurred["precision"] == "day"
            if occurred["at"] > now.astimezone(zone).date().isoformat() if day else moment(occurred["at"]) > now:
                self.add("future", f"{occurred['at']} is later than the entry was recorded")
        late = self.time is not None and self.time - recorded > MINUTES and not self.withheld
        if late and self.opened(entry.position - 1).kind != "log.clock/1":
            self.notice(entry, "clock-behind", f"the entry's clock was behind log time by {self.time - recorded}")
        if entry.kind == "log.clock/1" and entry.body["reset"]:
            self.add("clock-reset", "only registrars begin log time anew")
        if payload["reason"] is None and entry.kind in REASONED:
            self.add("reason", f"{entry.kind} gives no reason")

    def written(self, entry: Entry, roster: Roster) -> None:
        """The device is one of the site; protocol and dictionary are those that the author saw."""
        payload, size, author = entry.payload, entry.after["size"], entry.author
        device, alone = payload["writer"]["device"], author.role == "system" or entry.kind == RECOVERED
        active = {one["person"] for one in roster.devices.values() if one["ended"] is None}
        if device not in active or (author.role == "system" and author.person != device):
            self.add("device", f"{device} is no device of this site, or not the one that signed")
        if not size:
            return
        due = next((pack for position, pack in reversed(roster.packs) if position < size), None)
        if payload["protocol"] != due and not (alone and payload["protocol"] is None):
            self.add("protocol", "the entry names another protocol than the one in force")
        known = [one for position, one in roster.dictionaries if position < size]
        if due is not None and payload["dictionary"] is not None and payload["dictionary"] not in known:
            self.add("dictionary", "no protocol and no loaded dictionary that `after` covers names this dictionary")

    def enrolments(self, entry: Entry, now: datetime) -> None:
        """Keys that enter the log: strong, under their thumbprint, new, held by their owner; each id one holder's."""
        body, kind, roster = entry.body, entry.kind, self.roster
        if kind == GENESIS:
            cards = [*body["registrars"], body["device"]]
            for card in [*cards, {"key": body["log_key"]}]:
                self.strong(card)
            people, kids = [one["person"] for one in body["registrars"]], [card["key_id"] for card in cards]
            if len(set(people)) < len(people) or len(set(kids)) < len(kids):
                self.add("key-reused", "a person or a key stands twice in the first entry")
            if not people:
                self.add("no-registrar", "the first entry names no root registrar")
            if len(people) < max(2, body["quorum"] + 1):
                self.notice(entry, "few-registrars", f"{len(people)} root registrars; one who leaves leaves a gap")
            self.printed(entry, body["registrars"])
        elif kind == "device.enrolled/1":
            name = body["device"]["id"]
            self.offered(name, body["device"], now)
            if name in roster.people or name in {one["person"] for one in roster.devices.values()}:
                self.add("key-reused", f"the id {name} was given before, and ids are never used again")
        elif kind == "key.enrolled/1":
            self.offered(body["person"], body, now)
            self.same_person(body, now)
            roles, outside = set(body["roles"]), named("OUTSIDE")
            mixed = (roles & outside and roles - outside) or ("registrar" in roles and len(roles) > 1)
            if not roles or len(roles) < len(body["roles"]) or "system" in roles or mixed:
                self.add("roles-mixed", f"{body['person']} cannot hold these roles together")
            elif "registrar" in roles or self.was_registrar(body["person"]):
                self.add("registrar", f"{body['person']} is or would be a registrar; they come and go by the quorum")
            self.requested(body["request"], body)
            self.printed(entry, [body])
        elif kind == RECOVERED or (kind == CHANGED and body["added"] is not None):
            card = body["registrar"] if kind == RECOVERED else body["added"]
            self.offered(card["person"], card, now)
            if card["person"] in roster.people and not self.was_registrar(card["person"]):
                self.add("roles-mixed", f"{card['person']} is enrolled, and a registrar has no other role")
            elif card["person"] != body.get("removed"):
                self.same_person(card, now)
            self.requested(body["request"], card)
            self.printed(entry, [card])
            if kind == RECOVERED:
                self.notice(entry, "recovered", f"{card['person']} became a registrar by the recovery key")

    def offered(self, holder: str, card: Obj, now: datetime, *, awaited: bool = True) -> None:
        """An offered key is strong and was never enrolled; nothing that waits offers it, or one to its holder."""
        self.strong(card)
        first, kid = self.roster.genesis, card["key_id"]
        kept = {first["recovery_key"], *self.thumbprints(), *(one["next"] for one in self.keys)} if first else set()
        if self.roster.key(kid) is not None or kid in kept:
            self.add("key-reused", f"the key {kid[:8]} was enrolled before")
        for entry, _ in self.roster.pending.values():
            other = entry.body.get("device") or (entry.body.get("added") if entry.kind == CHANGED else entry.body) or {}
            whose, waits = other.get("person", other.get("id")), now - entry.recorded_at <= MONTH
            if other.get("key_id") == kid and (whose != holder or waits):
                self.add("key-reused", f"the key {kid[:8]} is offered by the entry at position {entry.position}")
            if whose == holder and waits and awaited:
                self.add("key-reused", f"an enrolment of {holder} waits at position {entry.position}")

    def thumbprints(self) -> set[str]:
        """The names of the keys that have sealed heads of the log."""
        return {thumbprint(one["key"]) for one in self.keys if one["key"]["crv"] == "Ed25519"}

    def same_person(self, card: Obj, now: datetime) -> None:
        """An id is one person's for ever: enrolled again for him alone, once all his keys have ended or expired."""
        person, known = card["person"], self.roster.people.get(card["person"])
        valid = any(one["person"] == person and holds(one, now) for one in self.roster.keys.values())
        if person in {one["person"] for one in self.roster.devices.values()}:
            self.add("key-reused", f"the id {person} is that of a device")
        if known is not None and (known["name"] != card["name"] or valid):
            self.add("key-reused", f"the id {person} is that of {known['name']}, or has a valid key")

    def was_registrar(self, person: str) -> bool:
        """Whether somebody is enrolled as a registrar, with a key or without."""
        return "registrar" in self.roster.people.get(person, {"roles": ()})["roles"]

    def key_life(self, entry: Entry, now: datetime) -> None:
        """Judge an entry about keys, registrars, policy, doubts, or the end of a delegation."""
        body, kind, roster = entry.body, entry.kind, self.roster
        if kind == "key.rotated/1":
            self.rotated(entry, now)
        elif kind == "key.revoked/1":
            self.revoked(entry, now)
        elif kind in {CHANGED, POLICY}:
            self.of_the_quorum(entry, now)
            waiting = [one for one, _ in roster.pending.values() if one.kind in {CHANGED, POLICY}]
            if any(now - one.recorded_at <= MONTH for one in waiting):
                self.add("amendment-waits", "another act of the quorum still waits for its signatures")
        elif kind == "signature.abandoned/1":
            if roster.key(body["key_id"]) is None and body["key_id"] != roster.genesis.get("recovery_key"):
                self.add("abandoned", f"the key {body['key_id'][:8]} was never enrolled")
            if any(n in self.counters.get(body["key_id"], {}) for n in body["n"]):
                self.add("abandoned", "a signature that is said to be abandoned stands")
        elif kind == "delegation.ended/1":
            one = next((one for one in roster.delegations if one["id"] == body["delegation"]), None)
            if body["delegation"] not in self.ids or self.opened(self.ids[body["delegation"]]).kind != GRANTED:
                self.add("reference-kind", "what is ended is no delegation")
            elif one is not None and one["ended"] is not None:
                self.add("delegation-ended", "the delegation was ended before")
        elif kind == SIGNED:
            self.completed(entry, now)
        for target in self.targets(entry):
            if roster.over(target, entry.author.person) is None:
                self.add("not-disputed", f"no signature of its author at position {target.position} is in doubt")
            elif roster.answer(target.id, entry.author.person) is not None:
                self.add("answered", f"its author has answered for position {target.position}")

    def targets(self, entry: Entry) -> list[Entry]:
        """The entries that an answer to a doubt is about, where they stand."""
        listed = entry.body["targets"] if entry.kind in {"signature.reaffirmed/1", "signature.repudiated/1"} else []
        return [self.opened(self.ids[name]) for name in listed if name in self.ids]

    def rotated(self, entry: Entry, now: datetime) -> None:
        """A key is changed by its owner, with the key that it replaces."""
        body = entry.body
        self.offered(body["person"], body, now, awaited=False)
        if (entry.author.person, entry.author.kid) != (body["person"], body["old_key_id"]):
            self.add("rotation", f"the key of {body['person']} is changed by another, or with another key")
        elif body["person"] in self.roster.people:
            self.requested(body["request"], {**self.roster.people[body["person"]], **body})

    def revoked(self, entry: Entry, now: datetime) -> None:
        """A key is revoked once, unless a later suspicion reaches further back."""
        body, roster, key = entry.body, self.roster, self.roster.key(entry.body["key_id"])
        since = body["suspected_from"]
        if key is None or key["person"] != body["person"]:
            self.add("revocation", f"{body['person']} never held the key {body['key_id'][:8]}")
            return
        if since is not None and since >= entry.position:
            self.add("revocation", f"nothing stands from position {since} on that could be suspected")
        doubted = [one["since"] for one in roster.doubts if one["key_id"] == body["key_id"]]
        if (
            key["ended"] is not None
            and key["why"] != "rotated"
            and (since is None or since >= min(doubted, default=1 << 53))
        ):
            self.add("revocation", f"the key was revoked at position {key['ended']}")
        self.of_the_quorum(entry, now)
        if [one for one in roster.devices.values() if one["ended"] is None] == [key]:
            self.add("last-device", f"{body['person']} is the last device")

    def of_the_quorum(self, entry: Entry, now: datetime) -> None:
        """Enough registrars hold a key afterwards; who goes was one."""
        body, roster, least = entry.body, self.roster, max(2, self.roster.quorum)
        holding = left = roster.registrars(now)
        if entry.kind == "key.revoked/1":
            left = roster.registrars(now, body["key_id"])
        elif entry.kind == CHANGED:
            left = (holding - {body["removed"]}) | ({body["added"]["person"]} if body["added"] else set())
            active = any(one["person"] == body["removed"] and one["ended"] is None for one in roster.keys.values())
            if body["removed"] is not None and not (self.was_registrar(body["removed"]) and active):
                self.add("registrar", f"{body['removed']} is no registrar with a key")
        elif entry.kind == POLICY:
            least = max(2, body["quorum"])
            if body["witnesses"]["quorum"] > len(body["witnesses"]["keys"]):
                self.add("witnesses", "more witnesses are asked for than are named")
            for witness in body["witnesses"]["keys"]:
                self.strong(witness)
            if body["quorum"] < 2:
                self.add("quorum", "a quorum of one would let one person alone decide who signs")
        if len(left) < least and (len(left) < len(holding) or entry.kind == POLICY):
            self.add("quorum", f"{len(left)} registrars would hold a key; {least} must act together")

    def completed(self, entry: Entry, now: datetime) -> None:
        """What a countersignature brings into effect is possible where it stands, and its signers above doubt."""
        if entry.body["target"] in self.ids:
            about = self.opened(self.ids[entry.body["target"]]).told
            keys = [self.roster.key(header.kid) for header in about.headers] if about.row.completed else []
            if any(key and key["why"] == "compromised" for key in keys):
                self.add("signer-revoked", "the key of a signer of what is countersigned was compromised")
            waits = self.roster.gathered(entry)
            if waits and not missing(*waits):
                self.of_the_quorum(waits[0], now)

    def strong(self, card: Obj) -> None:
        """A key that may be enrolled, under its own name."""
        if not strong(card["key"]):
            self.add("weak-key", "the key is not on its curve, not in its one form, or of small or mixed order")
        elif card.get("key_id", thumbprint(card["key"])) != thumbprint(card["key"]):
            self.add("thumbprint", f"the key named {card['key_id'][:8]} has another thumbprint")

    def printed(self, entry: Entry, cards: Sequence[Obj]) -> None:
        """Notice printed names that are not in their composed form."""
        for name in (card[part] for card in cards for part in ("name", "organisation")):
            if unicodedata.normalize("NFC", name) != name:
                self.notice(entry, "name-form", f"the printed name {name!r} is not in its composed form (NFC)")

    def requested(self, text: str, card: Obj) -> None:
        """The request is signed by the key that it offers, for exactly this person and key."""
        try:
            self.request(text, card)
        except Bad as error:
            self.add("request", f"the request of {card['person']} proves nothing: {error}")

    def request(self, text: str, card: Obj) -> None:
        """As above; Bad where it is not."""
        data, signed = open_jws(text.encode())
        request = canonical(data)
        members("KeyRequest", request, "request")
        header, key = open_header(signed[0][0]), request["key"]
        offered = [request[name] for name in ("person", "name", "organisation")]
        says = [header.kid, header.alg, header.meaning, header.person, header.name, header.organisation]
        if len(signed) != 1 or says != [thumbprint(key), algorithm(key), "possession", *offered]:
            raise Bad("its signature is not that of its key and person")
        good = made(key, signed[0][1], signed[0][2])
        if good is None:
            self.count(ES256)
        if good is False or request["key_id"] != thumbprint(key):
            raise Bad("it names another key than it carries, or that key did not sign it")
        if any(request[name] != card[name] for name in ("person", "name", "organisation", "key_id", "key")):
            raise Bad("it is for another person or key")

    # entries about entries

    def subject(self, entry: Entry) -> Entry | None:
        """The entry that this one amends or countersigns, where it stands."""
        corrects = entry.payload["corrects"]
        name = entry.body["target"] if entry.kind == SIGNED else corrects["id"] if corrects else ""
        return self.opened(self.ids[name]).told if name in self.ids else None

    def amendment(self, entry: Entry, about: Entry | None, now: datetime) -> None:
        """What is amended can be, is the head, and waits for nobody; what is countersigned stands."""
        if entry.kind == SIGNED:
            if about is not None:
                self.countersigned(entry, about, now)
        elif entry.kind not in {CORRECTED, VOIDED}:
            if entry.payload["corrects"] is not None:
                self.add("corrects", f"{entry.kind} corrects nothing, yet names an entry")
        elif about is None:
            self.add("corrects", "the entry does not name what it amends")
        else:
            self.amended(entry, about, now)
            author, kind = entry.author.person, about.said[0]
            task = KINDS[kind].task
            own = author in {header.person for header in about.headers}
            held = task is not None and self.holds(author, task, entry.occurred, entry.at)
            if not (own or held or (task is None and kind in {SIGNED, VOIDED})):
                self.add("delegation", f"{author} neither signed the entry that he amends nor was delegated its task")

    def holds(self, person: str, task: str, occurred: Obj, at: datetime) -> bool:
        """Whether a task was delegated to a person at a stated time."""
        return self.roster.delegated(person, task, occurred["at"][:10], at if len(occurred["at"]) > 10 else None)

    def amended(self, entry: Entry, about: Entry, now: datetime) -> None:
        """Judge a correction or a void."""
        corrects = entry.kind == CORRECTED
        final = of_review(about) and (corrects or about.kind != SIGNED_OFF)
        if about.family in SETS["OWN_ENDINGS"] or final or (corrects and about.kind in {VOIDED, SIGNED}):
            self.add("corrects", f"a {about.kind} cannot be {'corrected' if corrects else 'voided'}")
            return
        if corrects and KINDS[entry.body["kind"]].family != about.family:
            self.add("corrects", f"a {entry.body['kind']} does not belong to a {about.family} stream")
        if self.void_of(about, now) is not None:
            self.add("not-head", "the entry was voided")
        for position in self.chain(about):
            for later in self.amending.get(self.opened(position).id, ()):
                state = self.standing(later, now)
                newer = self.opened(later).kind == CORRECTED and position == about.position
                if state == "pending" and not (later == about.position and self.withdraws(entry, about, now)):
                    self.add("amendment-waits", f"an amendment at position {later} waits for its second signature")
                elif state == "standing" and newer and (corrects or about.kind == CORRECTED):
                    self.add("not-head", f"the entry was corrected at position {later}; that is the one to amend")

    def chain(self, about: Entry) -> list[int]:
        """The positions of an entry, of the corrections above it, and of what it corrects, down to the first."""
        found, above = [], [about.position]
        while above:
            position = above.pop()
            found.append(position)
            later = self.amending.get(self.opened(position).id, ())
            above += [one for one in later if self.opened(one).kind == CORRECTED and one not in found]
        below: Entry | None = about
        while below is not None and below.kind == CORRECTED:
            below = self.subject(below)
            if below is not None and below.position in found:
                break
            found += [] if below is None else [below.position]
        return found

    def void_of(self, entry: Entry, now: datetime) -> int | None:
        """The void of an entry that is in effect."""
        voids = (one for one in self.amending.get(entry.id, ()) if self.opened(one).kind == VOIDED)
        return next((one for one in voids if self.standing(one, now) == "standing"), None)

    def standing(self, position: int, now: datetime) -> str:
        """Whether an entry is struck by a void, complete, or still waits for a signature."""
        entry = self.opened(position)
        if self.void_of(entry, now) is not None:
            return "struck"
        if not entry.row.completed or not missing(entry, self.all_headers(entry, now)):
            return "standing"
        return "lapsed" if now - entry.recorded_at > MONTH else "pending"

    def withdraws(self, entry: Entry, about: Entry | None, now: datetime) -> bool:
        """Whether a void takes back what its own author began and still waits for a signature."""
        own = about is not None and entry.kind == VOIDED and entry.author.person == about.author.person
        return own and about is not None and self.standing(about.position, now) == "pending"

    def all_headers(self, entry: Entry, now: datetime) -> list[Signature]:
        """The signatures of an entry, and of the countersignatures in time that stand."""
        later = (self.opened(one) for one in self.countersigning.get(entry.id, ()))
        in_time = (one for one in later if one.recorded_at - entry.recorded_at <= MONTH)
        stand = (one for one in in_time if self.void_of(one, now) is None)
        return [*entry.headers, *(header for one in stand for header in one.headers)]

    def countersigned(self, entry: Entry, about: Entry, now: datetime) -> None:
        """Judge a later signature."""
        if self.void_of(about, now) is not None:
            self.add("not-head", "the entry was voided")
        signed = {header.person for header in about.headers}
        for header in entry.headers:
            person, role = header.person, header.role
            if role == "registrar" and about.family not in {"study", "people"}:
                self.add("role", f"a registrar does not countersign {about.kind}")
            if role == "sponsor-medical" and {"meaning": header.meaning, "role": role} not in about.needs:
                self.add("role", f"{about.kind} asks for no such signature of the sponsor")
            if {"meaning": header.meaning, "role": role} in about.needs and person in signed:
                self.add("same-person", f"{person} has signed the entry; a second person must")
        late = about.row.completed and now - about.recorded_at > MONTH
        if late and entry.recorded_at - about.recorded_at <= MONTH:
            self.add("completion-time", "signed as if in time; by log time too late")
        elif late:
            self.notice(
                entry, "completion-late", "signed more than 30 days after the entry, which stays without effect"
            )

    # what left

    def leaving(self, entry: Entry) -> None:
        """A copy is recorded with a head that the log had before the record."""
        body = entry.body
        if entry.kind not in HEADS:
            return
        if body["size"] > entry.position:
            why = f"a head of {body['size']} entries is recorded; {entry.position} stand before"
            self.add(HEADS[entry.kind], why)
        elif self.tree.root(body["size"]).hex() != body["root"]:
            why = f"a head is recorded with another root than that of the first {body['size']} entries"
            self.add(HEADS[entry.kind], why)

    def turning(self, entry: Entry) -> None:
        """Another key of the log was committed to before; an epoch has a name and a key of its own, and a loss."""
        body, size, wrong, now = entry.body, entry.position, [], self.keys[-1]
        self.strong({"key": body["key"]})
        own, before = thumbprint(body["key"]), self.thumbprints()
        if entry.kind == TURNED:
            wrong += ["the key of another log is changed"] * (body["log"] != now["log"])
            wrong += ["this is not the key to which the log committed itself before"] * (own != now["next"])
        else:
            series, number = epoch(body["log"])
            wrong += ["this is no name for the next epoch"] * (series != "/main" or number <= epoch(now["log"])[1])
            wrong += ["an epoch is sealed by a key of its own"] * (own in before)
            goes_on = body["size"] == size and self.tree.root(size).hex() == body["root"]
            wrong += ["the entry goes on from another head than that of the entries before it"] * (not goes_on)
            lost = body["lost"]
            here = lost["size"] <= size and self.tree.root(lost["size"]).hex() == lost["root"]
            wrong += [f"nothing is lost: the head of {lost['size']} entries is one of this log"] * here
            self.notice(entry, "restored", f"up to {lost['size']} entries, root {lost['root']}, are given up")
        wrong += ["heads are signed with Ed25519 keys only"] * (body["key"]["crv"] != "Ed25519")
        wrong += ["a person or a device holds this key"] * (self.roster.key(own) is not None)
        wrong += ["the key that is committed to was one of the log before"] * (body["next_log_key"] in before | {own})
        for why in wrong:
            self.add("log-key", why)

    # review and closing

    def closing(self, entry: Entry) -> None:
        """A query is open, a sign-off covers what stands, a lock holds, a redaction names its texts."""
        body, kind = entry.body, entry.kind
        if kind in {"query.answered/1", "query.closed/1"}:
            self.query(entry)
        elif kind in {SIGNED_OFF, "audit.reviewed/1"} and body["until"] > entry.after["size"]:
            self.add("range", f"`after` does not cover the positions before {body['until']}")
        elif kind == SIGNED_OFF:
            inside = range(body["since"], body["until"])
            leaves = [self.leaves[one] for one in inside if self.streams.get(one) == entry.stream]
            if (len(leaves), sha256(bytes.fromhex("".join(leaves))).hexdigest()) != (body["entries"], body["digest"]):
                self.add("signed-off", f"{len(leaves)} entries of {entry.stream} stand there; others were signed")
        elif kind == "entry.reviewed/1":
            self.compared(entry)
        elif kind == UNLOCKED:
            lock = self.opened(self.ids[body["lock"]]) if body["lock"] in self.ids else None
            if lock is None or lock.kind not in {LOCKED, SITE_LOCKED}:
                self.add("lock", f"{body['lock']} is no lock")
            elif lock.id not in self.locks(entry.stream):
                self.add("lock", f"the lock #{lock.position} was ended before")
        elif kind == REDACTED:
            places = [ref["position"] for ref in entry.payload["causes"] if ref["position"] is not None]
            self.redacts(entry, places)
        elif entry.told.kind == REDACTED:
            self.redacts(entry.told, list(self.streams))
        elif entry.family == "patient" and kind != SIGNED and not of_review(entry):
            self.locked(entry)

    def query(self, entry: Entry) -> None:
        """What is answered or closed is a query, and open."""
        name = entry.body["query"]
        if name not in self.ids or self.opened(self.ids[name]).kind != "query.opened/1":
            self.add("query", f"{name} is no query")
        elif any(one.body["query"] == name for one in self.all_of(entry.stream, "query.closed/1")):
            self.add("query", f"the query #{self.ids[name]} was closed before")

    def compared(self, entry: Entry) -> None:
        """What was compared with its source stands, and is the newest correction."""
        for name in entry.body["targets"]:
            if name not in self.ids:
                continue
            one = self.opened(self.ids[name]).told
            if of_review(one):
                self.add("source", f"a {one.kind} has no source document")
            elif self.standing(one.position, self.time) == "struck":
                self.add("source", f"the entry at position {one.position} is void")
            for later in self.amending.get(name, ()):
                if self.opened(later).kind == CORRECTED and self.standing(later, self.time) == "standing":
                    self.add("source", f"the entry was corrected at position {later}")

    def locks(self, stream: str) -> dict[str, Entry]:
        """The locks of a stream that no entry ended."""
        ended = {one.body["lock"] for one in self.all_of(stream, UNLOCKED)}
        found = [*self.all_of(stream, LOCKED), *self.all_of(stream, SITE_LOCKED)]
        return {one.id: one for one in found if one.id not in ended}

    def locked(self, entry: Entry) -> None:
        """Nothing is stated about a time that a lock closes, neither as it was nor as it is restated."""
        standing = {**self.locks(entry.stream), **self.locks(f"review/{entry.payload['site']}")}
        if not standing:
            return
        times, about, passed = [entry.restated], self.subject(entry), {entry.position}
        while about is not None and about.position not in passed:
            if of_review(about):
                return
            passed.add(about.position)
            times.append(about.restated)
            about = self.subject(about)
        for lock in sorted(standing.values(), key=lambda one: one.position):
            if any(closed(lock.body["until"], occurred) for occurred in times):
                self.add("locked", f"the record was locked at position {lock.position} for what happened then")
                return

    def redacts(self, entry: Entry, places: Iterable[int]) -> None:
        """The texts are those of entries at these places, on this stream, and were not redacted before."""
        reason: Obj | None = entry.payload["reason"]
        held: set[str] = set()
        if reason is None or reason["code"] != "privacy":
            self.add("reason", "a text is deleted for the reason `privacy` alone")
        for position in places:
            if self.streams.get(position) == entry.stream:
                held.update(one.decode() for one in self.opened(position).commitments())
        gone = {name for one in self.all_of(entry.stream, REDACTED) for name in one.body["commitments"]}
        for name in entry.body["commitments"]:
            if name in gone or name not in held:
                why = "was redacted before" if name in gone else "is of no entry that is named"
                self.add("redaction", f"the text {name[:15]} {why}")

    def texts_gone(self) -> None:
        """L1: a text is missing only where a redaction names it, and is missing where one does."""
        for position, kind, name in self.absent:
            if name not in self.redacted:
                self.fail(position, kind, "text", f"the text behind {name[:15]} is missing")
        for name, (position, kind) in self.redacted.items():
            if name in self.copy.texts and not self.copy.alone:
                self.fail(position, kind, "text", f"the text behind {name[:15]} is there although it was redacted")

    def ruled(self, entry: Entry, now: datetime) -> None:
        """A toxicity is ruled on once; a later ruling names the one that it turns around."""
        if entry.kind == "dlt.adjudicated/1":
            same = [
                one for one in self.all_of(entry.stream, entry.kind) if one.body["toxicity"] == entry.body["toxicity"]
            ]
            stand = [one.position for one in same if self.standing(one.position, now) == "standing"]
            if self.ids.get(entry.body["reverses"]) != (stand[-1] if stand else None):
                self.add("ruling", "`reverses` does not name the ruling that stands")

    def regraded(self, entry: Entry, now: datetime) -> Said | None:
        """The grade that a regrade changes, as corrections and earlier regrades in effect left it."""
        if entry.kind != "toxicity.regraded/1" or entry.body["graded"] not in self.ids:
            return None
        graded = self.opened(self.ids[entry.body["graded"]]).told
        said = self.corrected(graded, now)
        for one in self.all_of(entry.stream, entry.kind, graded.position):
            if one.body["graded"] == entry.body["graded"] and self.standing(one.position, now) == "standing":
                said = self.corrected(one, now)
        return said

    def corrected(self, entry: Entry, now: datetime) -> Said:
        """What an entry says after the newest correction of it that is in effect."""
        for position in sorted(self.chain(entry), reverse=True):
            if position > entry.position and self.standing(position, now) == "standing":
                return self.opened(position).said
        return entry.said

    # who signs what

    def authority(self, entry: Entry, about: Entry | None, now: datetime, roster: Roster) -> None:
        """Judge the needs, and the card, role, meaning and delegation of each signature."""
        row, author = entry.row, entry.author
        said = self.regraded(entry, now) if about is None else about.said
        own, sponsored = self.withdraws(entry, about, now), False
        if about is not None and entry.kind == VOIDED:
            sponsored = any(header.role == "sponsor-medical" for header in self.all_headers(about, now))
        wanted = required(entry, said, None if about is None else about.restated["at"], waits=own, sponsored=sponsored)
        wanted += roster.beside(entry, self.targets(entry), self.anchored)
        if row.fact:
            wanted = [(meanings, roles | named("SITE")) for meanings, roles in wanted]
        more = beyond(entry.needs, wanted)
        if more is None:
            self.add("needs", f"the entry does not name every signature that {entry.kind} requires")
        else:
            self.meetable(entry, more, now, roster)
        meanings, roles = KINDS[SIGNED].needs[0]
        for index, header in enumerate(entry.headers):
            meaning, role = header.meaning, header.role
            refused = roster.refuses(header, now)
            if entry.kind == RECOVERED:
                refused = "" if roster.recovers(entry) else "this is not the recovery key, for who comes by it"
            if refused:
                self.add("signer", refused)
            later = (
                meaning in meanings
                and role in roles - {"sponsor-medical"}
                and (role != "registrar" or entry.family in {"study", "people"})
            )
            if not any(meaning in one and role in other for one, other in wanted) and (index == 0 or not later):
                self.add("role", f"a {role} does not sign {entry.kind} with the meaning {meaning}")
            if row.task and not row.fact:
                tasks = {row.task, "pharmacy"} if index and role in SETS["PHARMACY"] else {row.task}
                times_stated = [(entry.occurred, entry.at), ({"at": header.at}, moment(header.at))]
                for occurred, at in times_stated:
                    if not any(self.holds(header.person, task, occurred, at) for task in tasks):
                        self.add("delegation", f"{row.task} was not delegated to {header.person}")
                        break
        people = [header.person for header in entry.headers]
        if len(set(people)) < len(people):
            self.add("same-person", "one person has signed the entry twice")
        if {"meaning": author.meaning, "role": author.role} not in entry.needs:
            self.add("author", f"the entry does not name the signature of its author {people[0]}")
        if not row.fact and not row.completed and missing(entry, entry.headers):
            self.add("incomplete", f"{entry.kind} lacks a signature that it needs")

    def meetable(self, entry: Entry, more: Sequence[Obj], now: datetime, roster: Roster) -> None:
        """What nothing requires is asked for only of people who are there."""
        unmet, signed = missing(entry, entry.headers), {header.person for header in entry.headers}
        at_home = named("SITE") | ({"registrar"} if entry.family in {"study", "people"} else set())
        for need in more:
            own = need["meaning"] == "performed" and entry.payload["performed_by"] is not None
            if own or need not in unmet:
                continue
            role, free = need["role"], roster.holders(need["role"], now) - signed
            asked = sum(one["role"] == role for one in unmet)
            if role not in at_home or need["meaning"] not in KINDS[SIGNED].needs[0][0] or len(free) < asked:
                self.add("needs", f"the entry asks for a signature that nobody can give: {need['meaning']} by a {role}")

    def separation(self, entry: Entry) -> None:
        """The prescriber checks nothing of a dose, and its preparer is no check at the bedside."""
        name = entry.body.get("order")
        if entry.kind not in {"order.checked/1", "dose.released/1", "infusion.started/1"} or name not in self.ids:
            return
        order = self.opened(self.ids[name]).told
        after = order.position + 1
        amended = [one for one in self.all_of(entry.stream, "order.amended/1", after) if one.body["order"] == name]
        amended += [self.opened(position) for position in self.amending.get(name, ())]
        barred = {header.person for header in order.headers} | {one.author.person for one in amended}
        if order.kind != "dose.ordered/1":
            self.add("reference-kind", f"{order.kind} at position {order.position} is not an order")
        start = entry.kind == "infusion.started/1"
        if start:
            released = [one for one in self.all_of(entry.stream, "dose.released/1", after) if one.body["order"] == name]
            by = [header for one in released for header in one.headers if header.meaning == "dispensed"]
            barred |= {header.person for header in by}
        for header in entry.headers:
            if header.person in barred and not (start and header.meaning != "verified"):
                self.add("separation", f"{header.person} prescribed or prepared this dose and does not check it")

    def together(self, entry: Entry) -> None:
        """Entries signed by one act stand one behind the other, under one digest."""
        size = entry.position
        if size and size - 1 not in self.withheld:
            for header in self.opened(size - 1).headers:
                part = header.part
                if part and part["i"] + 1 < part["of"] and next_of(header, entry) is None:
                    self.add("set", f"of {part['of']} entries signed together {part['i'] + 1} stand here")
        for header in entry.headers:
            part = header.part
            if part:
                self.part_of_set(entry, header, part)

    def part_of_set(self, entry: Entry, header: Signature, part: Obj) -> None:
        """The earlier parts of a set stand before this one, and the last closes it with the digest of all."""
        if not (part["i"] < part["of"] and 2 <= part["of"] <= 8):
            self.add("set", f"part {part['i']} of {part['of']} entries signed together: 2 to 8 are possible")
            return
        payloads, later, later_header = [entry.data], entry, header
        for position in range(entry.position - 1, entry.position - 1 - part["i"], -1):
            earlier = self.opened(position) if position >= 0 and position not in self.withheld else None
            headers = earlier.headers if earlier else []
            match = next((one for one in headers if next_of(one, later) is later_header), None)
            if earlier is None or match is None or earlier.stream != entry.stream:
                self.add("set", "the entries that were signed together do not stand together")
                return
            payloads.append(earlier.data)
            later, later_header = earlier, match
        digest = sha256(b"".join(sha256(payload).digest() for payload in reversed(payloads))).hexdigest()
        if part["i"] + 1 == part["of"] and digest != part["digest"]:
            self.add("set", "other entries were signed together than those that stand here")


def span(positions: Iterable[int]) -> str:
    """Positions in words; of many the first."""
    words = [f"#{one}" for one in sorted(positions)]
    return ", ".join(words[:20]) + (" ..." if len(words) > 20 else "")


def next_of(header: Signature, entry: Entry) -> Signature | None:
    """The signature of an entry by the same key, act and set, next in order."""
    held = header.part
    for one in entry.headers:
        same = (one.kid, one.act) == (header.kid, header.act) and one.part and held
        if same and one.part == {**held, "i": held["i"] + 1}:
            return one
    return None


ES256, GRANTED = "ES256 signatures (they need the package cryptography)", "delegation.granted/1"
REASONED = {CORRECTED, VOIDED, "override.granted/1", UNLOCKED, REDACTED, RESTORED}
STUB = re.compile(rb'\{"withheld":"([0-9a-f]{64})"\}\Z')
RESTING = frozenset({"command-broken", "set", "corrects", "needs", "role"})
CLOSING = {"query", "signed-off", "source", "lock", "locked", "redaction"}
BEHIND = frozenset({"completion-time", "future", "ruling", "not-head", "amendment-waits", *CLOSING})
FILES = {
    "protocol.activated/1": ("pack", "dictionary"),
    "dictionary.loaded/1": ("dictionary",),
    "anchor.made/1": ("evidence",),
    "ledger.restored/1": ("evidence",),
}


# --- anchors: docs/spec/anchors.md

ANCHOR = "anchor.made/1"
FORCED = {"key.revoked/1": "a key was revoked", "export.made/1": "a copy was exported"}
EPOCH_1970 = datetime(1970, 1, 1, tzinfo=moment("1970-01-01T00:00:00Z").tzinfo)
STAMPED = "openssl ts -verify -data {size}.note -in {entry}.tsr -CAfile ROOT.pem (--stamps FOLDER writes both files)"


class Anchors:
    """The anchors in the log: what is due, times that lie outside, and the evidence of witnesses."""

    def __init__(self) -> None:
        self.all: list[tuple[int, Obj]] = []
        self.due: list[tuple[int, str]] = []
        self.named: list[tuple[int, Obj]] = []
        self.places: list[int] = []
        self.times: list[datetime] = []
        self.open: list[tuple[int, datetime]] = []

    def take(self, entry: Entry, log: Log) -> None:
        """Take the next entry, before it takes effect."""
        position, body, kind = entry.position, entry.body, entry.kind
        self.authority(position, log)
        why = FORCED.get(kind, "")
        if kind == "cohort.decided/1" and body["decision"] == "escalate":
            why = "the next dose level was decided"
        self.due += [(position, why)] if why else []
        at = bisect_left(self.places, entry.payload["after"]["size"])
        if at and entry.recorded_at < self.times[at - 1] - MINUTES:
            log.notice(entry, "outside-sandwich", f"its author had seen {self.times[at - 1].isoformat()}")
        self.open.append((position, entry.recorded_at))
        if kind != ANCHOR:
            return
        self.all.append((position, body))
        self.due = [one for one in self.due if one[0] >= body["size"]]
        if body["at"] is not None:
            shown = moment(body["at"])
            self.places.append(position)
            self.times.append(max([shown, *self.times[-1:]]))
            for place, said in self.open:
                if place < body["size"] and said > shown + MINUTES:
                    why = f"its head was shown to {body['authority']} at {body['at']}"
                    log.notices.append(Finding("L2", "outside-sandwich", why, place, None))
            self.open = [one for one in self.open if one[0] >= body["size"]]

    def authority(self, position: int, log: Log) -> None:
        """Whom the registrars name as witnesses from here on."""
        if not self.named or self.named[-1][1] is not log.roster.witnesses:
            self.named.append((position, log.roster.witnesses))

    def ended(self, log: Log, size: int) -> None:
        """Close the pass."""
        self.authority(size, log)
        if self.due:
            position, why = self.due[0]
            more = f", and {len(self.due) - 1} more" if len(self.due) > 1 else ""
            why = f"an anchor is due since #{position} ({why}{more})"
            log.notices.append(Finding("L1", "anchor-due", why, position, None))

    def judged(self, log: Log, given: Sequence[Said], ledger: str | None) -> list[Obj]:
        """Each anchor with what its evidence is worth; one that is not what it says is a finding."""
        found = []
        first: Obj = log.first.body["witnesses"] if log.first and ledger == log.roster.ledger else {"keys": []}
        sure = [*given, *own_witnesses(log, first, given)]
        for position, body in self.all:
            held = {"entry": position, **{name: body[name] for name in ("form", "size", "root", "authority", "at")}}
            if body["form"] == "paper":
                state, known, why = "unchecked", False, "on paper, which is elsewhere"
            elif log.copy.alone or log.copy.blob(body["evidence"]) != body["evidence"]:
                state, known, why = "unchecked", False, "its evidence is not at hand"
            elif body["form"] == "timestamp":
                state, known, why = "unchecked", False, STAMPED.format(size=body["size"], entry=position)
            else:
                policy = [one for since, one in self.named if since <= body["size"]][-1]
                try:
                    state, known, why = self.witnessed(log, body, sure, witness_keys(policy))
                except Bad as error:
                    state, known, why = "wrong", False, str(error)
                    where = f"the evidence (witness by {body['authority']}): {why}"
                    log.fail(position, ANCHOR, "anchor", where)
            found.append({**held, "state": state, "known": known, "why": why})
        return found

    def witnessed(self, log: Log, body: Obj, sure: Sequence[Said], policy: Sequence[Said]) -> tuple[str, bool, str]:
        """What the cosignature under one anchor is worth; Bad where it is not what the entry says."""
        note = log.copy.content(body["evidence"])
        head = read_note(note)
        key = next(one for one in reversed(log.keys) if one["since"] < head.size)
        if open_note(note, log.origin(key), key["key"]) != (body["size"], bytes.fromhex(body["root"])):
            raise Bad("the cosigned note is of another head")
        named = [one for one in (*sure, *policy) if one[0] == body["authority"]]
        for one in named:
            at = cosigned_at(head, one)
            if at is not None and at != moment(body["at"]):
                raise Bad(f"the cosignature states the time {at.isoformat()}")
            if at is not None and one in sure:
                return "good", True, "its cosignature holds"
            if at is not None:
                return "good", False, "its cosignature holds, by a key that this ledger names itself"
        if named:
            raise Bad(f"the note bears no cosignature of {body['authority']}")
        return "unchecked", False, "the registrars named no such witness, and nobody gave its key"


def witness_keys(policy: Obj) -> list[Said]:
    """The witnesses that a policy names, each key once, by the name in their signature lines."""
    found: dict[str, Said] = {}
    for one in policy["keys"]:
        if one["key"]["crv"] == "Ed25519":
            found.setdefault(one["key"]["x"], (one["name"], one["key"]))
    return list(found.values())


def own_witnesses(log: Log, policy: Obj, given: Sequence[Said]) -> list[Said]:
    """The witnesses of a policy but those under whose name another key was given, and whose key is one of the site."""
    names, roster = {name for name, _ in given}, log.roster
    site = {one["key"]["x"] for one in (*log.keys, *roster.keys.values(), *roster.devices.values())}
    named = [one for one in witness_keys(policy) if one[1]["x"] not in site]
    return [one for one in named if one in given or one[0] not in names]


def cosigners(log: Log, note: bytes, given: Sequence[Said], ledger: str | None) -> bool:
    """Whether a note is cosigned by a witness who was given, or by a quorum of those in a first entry that is known."""
    policy: Obj = log.first.body["witnesses"] if log.first else {"quorum": 0, "keys": []}
    first = own_witnesses(log, policy, given) if ledger == log.roster.ledger else []
    signed: list[str] = []
    for key in (*given, *first):
        try:
            signed += [key[0]] if cosigned_at(read_note(note), key) is not None else []
        except Bad:
            continue
    names = {name for name, _ in first} & set(signed)
    return bool({name for name, _ in given} & set(signed)) or 0 < policy["quorum"] <= len(names)


def witness_key(text: str) -> Said:
    """The key of a witness in the line NAME+ID+KEY (C2SP tlog-cosignature); Bad for anything else."""
    found = re.match(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)\Z", text)
    data = unbase64(found.group(3)) if found else b""
    if not found or not NAME.match(found.group(1)) or len(data) != 33 or data[0] != 4:
        raise Bad("this is no verifier key of a witness")
    if sha256(f"{found.group(1)}\n".encode() + data).digest()[:4].hex() != found.group(2):
        raise Bad("the key id of the witness does not belong to its name and key")
    return found.group(1), {"crv": "Ed25519", "kty": "OKP", "x": b64url(data[1:]), "y": None}


def cosigned_at(head: Note, key: Said) -> datetime | None:
    """The earliest time at which a witness cosigned a head; None where no line says so, Bad for one that is not his."""
    name, jwk = key
    key_id = sha256(f"{name}\n".encode() + b"\x04" + unbase64(jwk["x"], url=True)).digest()[:4]
    times = []
    for said, by, data in head.signed:
        if (said, by) == (name, key_id):
            if len(data) != 72:
                raise Bad(f"a cosignature has 72 bytes, not {len(data)}")
            at = int.from_bytes(data[:8], "big")
            if at > 7258118399 or not made(jwk, b"cosignature/v1\ntime %d\n" % at + head.body, data[8:]):
                raise Bad(f"the cosignature by {name} was not made by its key over this head")
            times.append(EPOCH_1970 + timedelta(seconds=at))
    return min(times, default=None)


def covered(log: Log, anchors: Sequence[Obj], given: Sequence[Said]) -> int:
    """How many entries evidence in the log vouches for whose key is known from outside; 0 for none."""
    good = [
        one
        for one in anchors
        if one["known"] and one["size"] <= len(log.leaves) and log.tree.root(one["size"]).hex() == one["root"]
    ]
    names = {name for name, _ in given}
    best = max([one["size"] for one in good if one["authority"] in names], default=0)
    policy: Obj = log.first.body["witnesses"] if log.first else {"quorum": 0, "keys": []}
    newest: dict[str, int] = {}
    for one in good:
        newest[one["authority"]] = max(newest.get(one["authority"], 0), one["size"])
    sizes = sorted((newest[name] for name in {name for name, _ in witness_keys(policy)} & set(newest)), reverse=True)
    return max(best, sizes[policy["quorum"] - 1] if 0 < policy["quorum"] <= len(sizes) else 0)


def read_paper(text: str) -> tuple[int, bytes]:
    """Size and root as somebody typed them from paper, with check codes or without; Bad names the line of a slip."""
    words = re.sub(r"\s*\*\s*([0-9a-f]{2})", r" *\1 ", text.lower().replace("-", " ")).split()
    if not words or not re.match(r"[0-9]{1,16}\Z", words[0]) or int(words[0]) >= 1 << 53:
        raise Bad("the paper begins with the number of entries")
    lines, coded, marks = [str(int(words[0])), ""], [], words[1:]
    if marks and marks[0][0] == "*":
        coded.append((0, lines[0], marks.pop(0)))
    for mark in marks:
        if mark[0] == "*":
            coded.append((len(lines) - 1, lines[-1], mark))
            lines.append("")
        else:
            lines[-1] += mark
    for number, line, mark in coded:
        if mark[1:] != sha256(f"doseledger-paper/1 {number} {line}".encode()).hexdigest()[:2]:
            raise Bad(f"line {number} of the root is mistyped" if number else "the number of entries is mistyped")
    root = "".join(lines[1:])
    if not HEX.match(root) or any(len(line) != 16 for number, line, _ in coded if number):
        raise Bad(f"the root on the paper has 64 digits 0-9 a-f; {len(root)} are typed")
    return int(lines[0]), bytes.fromhex(root)


def stamps(log: Log, folder: str) -> int:
    """Write every time stamp of the log, and the head it is of, as files that openssl reads; give how many."""
    os.makedirs(folder, exist_ok=True)
    count = 0
    for position, body in log.anchors.all:
        note = log.copy.notes.get(body["size"])
        if body["form"] == "timestamp" and note is not None and not log.copy.alone:
            for name, data in ((f"{body['size']}.note", note), (f"{position}.tsr", log.copy.content(body["evidence"]))):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            count += 1
    return count


# --- the verdict


def verify(
    path: str,
    ledger: str | None,
    log_key: str | None,
    trusted: bytes | None,
    *,
    paper: tuple[int, bytes] | None = None,
    cosigned: bytes | None = None,
    witnesses: Sequence[Said] = (),
    folder: str | None = None,
) -> Obj:
    """The report on a copy, with the members that `doseledger verify --json` gives it."""
    findings: list[Finding] = []
    notices: list[Finding] = []
    unchecked, verdict, log = ["derived columns", "zone against offset"], "failed", None
    name, root, size, anchors, vouched = "", "", 0, [], False  # type: str, str, int, list[Obj], bool
    try:
        log = Log(Copy(path))
        log.run()
    except Exception as error:
        findings.append(Finding("L1", "unreadable", sentence(error), len(log.leaves) if log else None, None))
    if log is not None:
        name, root, size = log.roster.ledger, log.tree.root(len(log.leaves)).hex(), len(log.copy.lines)
        made_of = {"ledger": name, "origin": log.origin(), "size": size, "root": root}
        try:
            anchors = log.anchors.judged(log, witnesses, ledger)
            vouched = covered(log, anchors, witnesses) > 0
            _ = stamps(log, folder) if folder is not None else 0
        except Exception as error:
            findings.append(Finding("L1", "unreadable", sentence(error), None, None))
        findings, notices, unchecked = log.findings + findings, log.notices, unchecked + log.unchecked()
        try:
            findings += [Finding("L1", "copy", why, None, None) for why in log.copy.flaws(made_of)]
        except Exception as error:
            findings.append(Finding("L1", "copy", sentence(error), None, None))
        found = list(outside(log, ledger, log_key))
        for held_as, note in (("trusted checkpoint", trusted), ("cosigned checkpoint", cosigned)):
            if note is not None and log.first is not None:
                found += kept(log, note, held_as)
                known = held_as != "cosigned checkpoint" or cosigners(log, note, witnesses, ledger)
                vouched = vouched or (known and not log.without(note))
        if paper is not None and log.first is not None:
            lost = lost_on_paper(log, *paper)
            found += [] if lost else compared(log, *paper, "paper")
            vouched = vouched or not lost
        findings += found
        anchored = "ok" if vouched else "self-consistent" if ledger is None and log_key is None else "ok-unanchored"
        verdict = min((one.code for one in found), default=anchored)
    unique = sorted(dict.fromkeys(findings), key=lambda one: (one.position is None, one.position or 0, one.level))
    bad = next((one for one in unique if one.position is not None), None)
    return {
        "verdict": "failed" if any(one.code not in {"fork", "stale"} for one in unique) else verdict,
        "ledger": name,
        "entries": size,
        "root": root,
        "not_checked": unchecked + ([] if vouched or trusted or paper or cosigned else ["outside anchors"]),
        "first_bad": bad and {"position": bad.position, "kind": bad.kind, "why": bad.why},
        "findings": [one._asdict() for one in unique],
        "notices": [one._asdict() for one in notices],
        "anchors": anchors,
    }


def sentence(error: Exception) -> str:
    """What went wrong, in a line."""
    return str(error) if isinstance(error, (Bad, OSError)) else f"{type(error).__name__}: {error}"


def outside(log: Log, ledger: str | None, log_key: str | None) -> Iterator[Finding]:
    """What differs from the id and the key that were given from outside the copy."""
    if ledger is not None and ledger != log.roster.ledger:
        yield Finding("L1", "fork", f"this is the ledger {log.roster.ledger or 'unknown'}, not {ledger}", None, None)
    if log_key is None or log.first is None:
        return
    try:
        if log_key not in [vkey(log.origin(one), one["key"])[0] for one in log.keys]:
            yield Finding("L1", "fork", f"the key given is of another log than {log.origin()}, or another", None, None)
    except Bad as error:
        yield Finding("L1", "fork", f"what was given is not of this ledger: {error}", None, None)


def kept(log: Log, note: bytes, held_as: str) -> Iterator[Finding]:
    """What differs from a signed checkpoint that was kept outside the copy."""
    try:
        seen = read_note(note)
        try:
            seen = log.ever(note)
        except Bad:
            elsewhere = seen.size > len(log.leaves) or log.given_up(seen)
            if not elsewhere or epoch(seen.origin)[0] != epoch(log.origin())[0]:
                raise
        if not log.given_up(seen):
            yield from compared(log, seen.size, seen.root, held_as)
    except Bad as error:
        yield Finding("L1", "fork", f"the {held_as} is not of this ledger: {error}", None, None)


def compared(log: Log, size: int, root: bytes, held_as: str) -> Iterator[Finding]:
    """What differs from a head that was kept outside the copy."""
    if size > len(log.leaves):
        yield Finding("L1", "stale", f"the {held_as} saw {size} entries; only {len(log.leaves)} are here", None, None)
    elif log.tree.root(size) != root:
        yield Finding("L1", "fork", f"the {held_as} of {size} entries has another root", None, None)


def lost_on_paper(log: Log, size: int, root: bytes) -> bool:
    """Whether a head on paper may be of what was given up: it bears no signature that would tell."""
    same = size <= len(log.leaves) and log.tree.root(size) == root
    return not same and any(one["lost"] and one["since"] < size <= one["lost"]["size"] for one in log.keys)


SENTENCE = {
    "ok": "Everything that was checked holds, as far as something outside saw it.",
    "ok-unanchored": "Everything that was checked holds; nothing outside vouches for the newest entries: not anchored.",
    "self-consistent": "It agrees with itself; nothing outside it was asked.",
    "stale": "It is older than a checkpoint that was seen before.",
    "fork": "It is another history, or another ledger, than the one that was named.",
    "failed": "It must not be trusted as it is.",
}


def told(report: Obj) -> str:
    """The report for people: the verdict first."""
    first = report["first_bad"]
    lines = [f"{report['verdict'].upper()}: {SENTENCE[report['verdict']]}"]
    if first:
        lines.append(f"first bad entry: #{first['position']} ({first['kind'] or 'kind unknown'}): {first['why']}")
    for mark, listed in (("x", report["findings"]), ("!", report["notices"])):
        for one in listed:
            place = "" if one["position"] is None else f"#{one['position']} "
            lines.append(f"  {mark} {one['level']} {place}{one['code']}: {one['why']}")
    for one in report["anchors"]:
        whose = f" by {one['authority']} at {one['at']}" if one["authority"] else ""
        lines.append(f"anchor #{one['entry']}: {one['form']}{whose}, {one['size']} entries; {one['why']}")
    lines += [f"NOT CHECKED: {one}" for one in report["not_checked"]]
    lines += [f"{name:7} {report[name]}" for name in ("entries", "root", "ledger")]
    return "\n".join(UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", line) for line in lines)


# what a terminal would obey, or would let look like another line
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def open_limited(name: str) -> bytes:
    """The bytes of a file, and one more than the longest note has."""
    with open(name, "rb") as file:
        return file.read(262145)


def main(arguments: Sequence[str]) -> int:
    """Read the command line, verify, and say what was found."""
    parser = argparse.ArgumentParser(prog="verify.py", description="Verify a copy of a doseledger record.")
    parser.add_argument("copy", metavar="COPY", help="folder, bundle (folder or .zip), dossier (.html), entries.jsonl")
    parser.add_argument("--ledger", metavar="ID", help="the ledger id, from paper")
    parser.add_argument("--log-key", metavar="KEY", help="the verifier key of the log, from paper")
    parser.add_argument("--trusted", metavar="CHECKPOINT", help="a file with a checkpoint that was kept elsewhere")
    parser.add_argument("--paper", metavar="TEXT", help="a head on paper: the number of entries, then the root")
    parser.add_argument("--witness", metavar="KEY", action="append", default=[], help="the verifier key of a witness")
    parser.add_argument("--cosigned", metavar="CHECKPOINT", help="a file with a checkpoint that a witness kept")
    parser.add_argument("--stamps", metavar="FOLDER", help="write the time stamps and their heads for openssl")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.add_argument("--pure", action="store_true", help="use the standard library alone")
    given = parser.parse_args(arguments)
    USE["library"] = LIBRARY and not given.pure
    if given.ledger is not None and not HEX.match(given.ledger):
        parser.error("--ledger takes 64 hexadecimal digits")
    if not os.path.exists(given.copy):
        parser.error(f"there is nothing at {given.copy}")
    notes = []
    for option, name in (("--trusted", given.trusted), ("--cosigned", given.cosigned)):
        try:
            notes.append(None if name is None else open_limited(name))
        except OSError as error:
            parser.error(f"{option}: {error}")
    try:
        paper = None if given.paper is None else read_paper(given.paper)
        witnesses = [witness_key(one) for one in given.witness]
    except Bad as error:
        parser.error(str(error))
    more: Obj = {"paper": paper, "cosigned": notes[1], "witnesses": witnesses, "folder": given.stamps}
    report = verify(given.copy, given.ledger, given.log_key, notes[0], **more)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        print(json.dumps(report, indent=1) if given.json else told(report), flush=True)
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0 if report["verdict"] in {"ok", "ok-unanchored", "self-consistent"} else 8


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
