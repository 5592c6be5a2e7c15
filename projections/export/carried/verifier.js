// The verifier that travels inside a copy of a doseledger record, for a browser (also from file://) and for Node.
//
// It is an implementation of its own, written from docs/spec (entry, kinds, log, checkpoint, verification): levels L1
// (bytes, signatures, keys, tree, checkpoints, texts, blobs) and L2 (what entries say of each other). It has no DOM, no
// dependency and no network; signatures are checked by the WebCrypto of the machine, hashes here (a call of WebCrypto for
// each of many small hashes takes longer than the hash). Whatever the bytes are, the answer is a report.
//
//   const report = await doseledger.verify({ entries, texts, checkpoints, blobs }, { ledger, logKey, trusted })
"use strict";
(() => {
  // The closed table of kinds, grammars and words, written by `make docs` from the program.
  const TABLE = String.raw`
// <table>
grammar Decimal 0 (?!-0\Z)-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,8}[1-9])?
grammar Amount 0 (?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,8}[1-9])?
grammar Uuid 0 [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}
grammar EntryId 0 [0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}
grammar Hex 0 [0-9a-f]{64}
grammar OptionalHex 0 (?:[0-9a-f]{64})?
grammar Commitment 0 sha256:[0-9a-f]{64}
grammar Utc 0 <Day>T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z
grammar SignedAt 0 <Day>T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}(?!-00:00)(?:[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+]14:00)
grammar Minute 0 <Day>T(?:[01][0-9]|2[0-3]):[0-5][0-9](?!-00:00)(?:[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+]14:00)
grammar Day 0 (?:(?:19|20|21)[0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:(?:19|20|21)(?:0[48]|[2468][048]|[13579][26])|2000)-02-29)
grammar When 0 <Day>(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9](?!-00:00)(?:[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+]14:00))?
grammar Zone 0 [A-Z][A-Za-z0-9_+-]{0,13}(?:/[A-Za-z0-9_+-]{1,14}){0,2}
grammar Token 0 [a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?
grammar Code 0 [A-Za-z0-9](?:[A-Za-z0-9._/-]{0,62}[A-Za-z0-9])?
grammar Stream 0 (?:study|people|patient/(?=.{1,32}\Z)(?:P-)?[0-9]+(?:-[0-9]+)*|cohort/(?:0|-?[1-9])|(?!study/|people/|patient/|cohort/)[a-z]+/[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?)
grammar Kind 64 [a-z]+\.[a-z]+(?:-[a-z]+)*/[1-9][0-9]{0,2}
grammar FindingId 41 [A-Z]-[A-Z0-9]+(?:-[A-Z0-9]+)*@(?:0|[1-9][0-9]{0,15})
grammar PrintedName 0 [^\x00-\x20\x7f-\xa0\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff](?:[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]{0,126}[^\x00-\x20\x7f-\xa0\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff])?
grammar RuleId 24 [A-Z]-[A-Z0-9]+(?:-[A-Z0-9]+)*
grammar Level 0 (?:0|-?[1-9])
grammar Outcomes 0 (?:[1-9][0-9]?[NT]{1,12}(?: [1-9][0-9]?[NT]{1,12}){0,11})?
grammar EntryText 46000 \{"payload":"[A-Za-z0-9_-]+","signatures":\[(?:\{"protected":"[A-Za-z0-9_-]+","signature":"[A-Za-z0-9_-]+"\},?){1,8}\]\}
grammar JwsText 8192 \{"payload":"[A-Za-z0-9_-]+","signatures":\[\{"protected":"[A-Za-z0-9_-]+","signature":"[A-Za-z0-9_-]+"\}\]\}
grammar Kid 0 [A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]
grammar Coordinate 0 [A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]
range Count 0 9007199254740991
list Meaning authorship performed transcribed verified dispensed assessed approved acknowledged reviewed responsibility locked unlocked attested-copy possession system
list Role investigator principal-investigator pharmacist pharmacy-technician nurse coordinator data-manager monitor sponsor-medical sponsor registrar inspector system
list ReasonCode transcription wrong-patient duplicate never-happened test entered-in-error late-entry new-information source-corrected clinical-judgement downtime query-answer privacy data-loss other
list Alg Ed25519 ES256
list Method pwd agent pin hwk
list Task registration consent eligibility enrolment measurement laboratory prescribing pharmacy premedication administration assessment safety supply transcription
list Decision expand declare escalate deescalate stop
list Unit mg ug g kg cm mL mL/min mg/dL umol/L mmol/L g/dL g/L U/L mIU/mL ng/mL mg/L /uL 10^9/L percent copies/mL score count ratio none
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
set COURSE consent.withdrawn/1 course.discontinued/1 cycle.closed/1 cycle.opened/1 cycle.stopped/1 dlt.adjudicated/1 dose.omitted/1 dose.ordered/1 entry.corrected/1 entry.countersigned/1 entry.recovered/1 entry.voided/1 hold.placed/1 infusion.recorded/1 infusion.started/1 lab.measured/1 order.amended/1 order.cancelled/1 override.granted/1 patient.died/1 patient.measured/1 response.assessed/1 seriousness.assessed/1 tolerance.assessed/1 toxicity.graded/1 toxicity.regraded/1 treatment.ended/1
set SLOTS_PATIENT consent.withdrawn/1 dlt.adjudicated/1 entry.corrected/1 entry.countersigned/1 entry.recovered/1 entry.voided/1 patient.declared-non-evaluable/1 patient.died/1 patient.enrolled/1
set SLOTS_COHORT accrual.resumed/1 accrual.suspended/1 cohort.decided/1 level.opened/1
set SITE investigator principal-investigator pharmacist pharmacy-technician nurse coordinator data-manager
set PHYSICIANS investigator principal-investigator
set PHARMACY pharmacist pharmacy-technician
set DATA coordinator data-manager
set FACT authorship performed transcribed
set OUTSIDE monitor sponsor-medical sponsor inspector
set OWN_ENDINGS archive attempts clock cohort exports people review security study
set REFERENCES delegation dose export factors graded hold lock opened order overrides queries query reverses source target targets toxicities toxicity
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
part Payload : format:1..1 ledger:OptionalHex site:Token stream:Stream id:EntryId command:CommandRef kind:Kind occurred:Occurred recorded_at:Utc clock:Clock protocol:ProtocolRef? dictionary:DictionaryRef? after:After needs:Need* shown:FindingId* performed_by:Token? source:Source reason:Reason? causes:Ref* corrects:Ref? writer:Writer body:Body
part Header : alg:Alg kid:Kid typ:doseledger-entry/1| signer:SignerCard at:SignedAt meaning:ShownMeaning n:Count auth:Auth
part KeyRequest : format:1..1 person:Token name:PrintedName organisation:PrintedName key_id:Kid key:Jwk
kind ledger.created/1 study by=responsibility:registrar : trial:Token purpose:production|training|simulation zone:Zone registrars:RootRegistrar* quorum:Count device:Device log_key:Jwk next_log_key:Kid recovery_key:Kid? witnesses:Witnesses signing:every-act|session
kind ledger.restored/1 study by=responsibility:registrar by=responsibility:registrar after=any:ledger.restored/1 : log:Token key:Jwk next_log_key:Kid size:Count root:Hex lost:LostHead evidence:Hex?
kind dictionary.loaded/1 study by=authorship:DATA,principal-investigator after=any:dictionary.loaded/1 : dictionary:DictionaryRef workbook:Hex terms:Count
kind protocol.activated/1 study by=approved:principal-investigator after=any:protocol.activated/1 : pack:ProtocolRef dictionary:DictionaryRef fictional:Token*
kind key.enrolled/1 people completed by=authorship:registrar by=verified:registrar after=any:key.enrolled/1 : person:Token name:PrintedName organisation:PrintedName roles:Role* key_id:Kid key:Jwk protection:pwd|agent|pin|hwk valid_until:Day? identity:IdentityCheck request:JwsText
kind device.enrolled/1 people completed by=authorship:registrar by=verified:registrar after=any:device.enrolled/1 : device:Device
kind delegation.granted/1 people by=approved:principal-investigator : person:Token tasks:Task* since:When until:When?
kind delegation.ended/1 people by=approved:principal-investigator : delegation:Uuid
kind level.opened/1 cohort by=approved:principal-investigator after=patient:SLOTS_PATIENT after=cohort:SLOTS_COHORT : level:Level mg_m2:Amount
kind cohort.decided/1 cohort by=approved:principal-investigator by=approved:sponsor-medical after=patient:SLOTS_PATIENT after=cohort:SLOTS_COHORT : level:Level decision:Decision n:Count dlt:Count outcomes:Outcomes to:Level?
kind accrual.suspended/1 cohort by=approved:principal-investigator,sponsor-medical : level:Level why:dlt|decision-basis|supply|sponsor|other
kind accrual.resumed/1 cohort by=approved:principal-investigator after=patient:SLOTS_PATIENT after=cohort:SLOTS_COHORT : level:Level
kind lot.received/1 supply fact task=supply by=FACT:PHARMACY : agent:Token strength_mg:Amount lot:Code expiry:Day vials:Count location:Token remarks:Commitment?
kind lot.quarantined/1 supply fact task=supply by=FACT:PHARMACY : agent:Token lot:Code quarantined:Bool why:Commitment
kind drug.wasted/1 supply fact task=supply by=FACT:PHARMACY by=verified:PHARMACY,nurse : agent:Token strength_mg:Amount lot:Code location:Token vials:Count mg:Amount why:not-given|broken|expired|temperature|other order:Uuid?
kind drug.returned/1 supply fact task=supply by=FACT:PHARMACY : agent:Token strength_mg:Amount lot:Code location:Token vials:Count to:quarantine|sponsor
kind drug.transferred/1 supply fact task=supply by=FACT:PHARMACY : agent:Token strength_mg:Amount lot:Code location:Token vials:Count to:Token
kind drug.destroyed/1 supply fact task=supply by=FACT:PHARMACY by=verified:PHARMACY,nurse : agent:Token strength_mg:Amount lot:Code location:Token vials:Count method:Commitment
kind stock.counted/1 supply fact task=supply by=FACT:PHARMACY : agent:Token strength_mg:Amount lot:Code location:Token counted:Count book:Decimal
kind patient.registered/1 patient task=registration by=authorship:DATA after=any:patient.registered/1 : sex:F|M|X|U birth_year:1900..2200
kind consent.given/1 patient fact moved task=consent by=FACT:PHYSICIANS,DATA : form:Code guardian:Commitment?
kind eligibility.assessed/1 patient task=eligibility by=assessed:PHYSICIANS guards=criteria,eligible : criteria:CriterionResult* eligible:Bool
kind patient.enrolled/1 patient task=enrolment by=authorship:PHYSICIANS,DATA after=patient:SLOTS_PATIENT after=cohort:SLOTS_COHORT guards=level,cohort,slot,phase,decided_by : level:Level cohort:Count slot:Count phase:1|2 decided_by:Token?
kind patient.measured/1 patient fact task=measurement by=FACT:DATA,nurse : weight_kg:Amount height_cm:Amount?
kind lab.measured/1 patient fact task=laboratory by=FACT:DATA : test:Token comparator:Comparator value:Amount unit:Unit lower_limit:Amount? upper_limit:Amount? reported_at:Minute?
kind prophylaxis.recorded/1 patient fact task=safety by=FACT:PHYSICIANS : agent:Token since:Day until:Day?
kind override.granted/1 patient completed by=approved:principal-investigator guards=act,rule,drug,amount_mg,valid_until : act:dose|cycle rule:RuleId drug:Token amount_mg:Amount? valid_until:Minute
kind dose.ordered/1 patient task=prescribing by=authorship:PHYSICIANS after=any:COURSE guards=drug,step_mg,level_mg_m2,ordered_mg,planned_start,expires,overrides,order : drug:Token step_mg:Amount? level_mg_m2:Amount? cycle:Count? day:Count? planned_start:Minute expires:Minute ordered_mg:Amount calculated_mg:Amount? height_cm:Amount? weight_kg:Amount? bsa_m2:Amount? factors:Factor* rounding:Commitment? premedication:Token* route:Route duration_min:Count allergies:Commitment? overrides:Uuid*
kind order.amended/1 patient task=prescribing by=authorship:PHYSICIANS after=any:COURSE guards=drug,step_mg,level_mg_m2,ordered_mg,planned_start,expires,overrides,order : order:Uuid planned_start:Minute expires:Minute step_mg:Amount? ordered_mg:Amount calculated_mg:Amount? height_cm:Amount? weight_kg:Amount? bsa_m2:Amount? factors:Factor* rounding:Commitment? overrides:Uuid*
kind order.cancelled/1 patient task=prescribing by=authorship:PHYSICIANS after=any:infusion.started/1,order.cancelled/1 : order:Uuid why:NotGivenCause
kind order.checked/1 patient task=pharmacy by=verified:PHARMACY after=any:order.amended/1,order.cancelled/1 : order:Uuid
kind dose.released/1 patient task=pharmacy by=dispensed:PHARMACY by=verified:PHARMACY after=any:dose.released/1,order.amended/1,order.cancelled/1 guards=order,lot,expiry,vials,prepared_mg,wasted_mg,volume_ml : order:Uuid location:Token lot:Code expiry:Day strength_mg:Amount vials:Count prepared_mg:Amount volume_ml:Amount diluted_at:Minute wasted_mg:Amount
kind premedication.given/1 patient fact moved task=premedication by=FACT:nurse : order:Uuid? given:PremedicationDose*
kind infusion.started/1 patient moved task=administration by=performed:nurse by=verified:PHARMACY,nurse after=any:COURSE guards=order,overrides : order:Uuid rate_ml_h:Amount? identifiers:Identifier* checks:Check* overrides:Uuid*
kind infusion.recorded/1 patient fact moved task=administration by=FACT:DATA,nurse guards=drug,order,given_mg,prepared_mg,volume_ml : drug:Token cycle:Count? day:Count? order:Uuid? checked_by:Token? lot:Code? identity:matched|mismatched|not-stated route:Route ended:Minute? prepared_mg:Amount? given_mg:Amount? volume_ml:Amount? interruptions:Interruption* stopped:StopCause?
kind infusion.interrupted/1 patient fact task=administration by=FACT:nurse : dose:Uuid volume_ml:Amount? why:StopCause toxicity:Uuid?
kind infusion.resumed/1 patient fact task=administration by=FACT:nurse : dose:Uuid rate_ml_h:Amount?
kind infusion.completed/1 patient fact moved task=administration by=FACT:nurse guards=dose,given_mg,prepared_mg,volume_ml : dose:Uuid given_mg:Amount volume_ml:Amount?
kind infusion.aborted/1 patient fact moved task=administration by=FACT:nurse guards=dose,given_mg,prepared_mg,volume_ml : dose:Uuid given_mg:Amount volume_ml:Amount? why:StopCause toxicity:Uuid?
kind dose.omitted/1 patient fact task=administration by=FACT:nurse : order:Uuid why:NotGivenCause
kind toxicity.reported/1 patient fact graded moved task=safety by=FACT:PHYSICIANS,nurse guards=term,dose : term:Token verbatim:Commitment? dose:Uuid? aware_at:Minute?
kind toxicity.graded/1 patient graded moved task=safety by=assessed:PHYSICIANS : toxicity:Uuid grade:Grade lab:LabBasis?
kind toxicity.regraded/1 patient completed graded moved task=safety by=assessed:PHYSICIANS : toxicity:Uuid graded:Uuid grade:Grade lab:LabBasis?
kind toxicity.attributed/1 patient task=safety by=assessed:PHYSICIANS guards=toxicity,drug,relation : toxicity:Uuid drug:Token relation:unrelated|unlikely|possible|probable|definite
kind seriousness.assessed/1 patient task=safety by=assessed:PHYSICIANS guards=toxicity,serious,criteria : toxicity:Uuid serious:Bool criteria:death|life-threatening|hospitalisation|incapacity|congenital-anomaly|important-medical-event* aware_at:Minute
kind tolerance.assessed/1 patient graded moved task=assessment by=assessed:PHYSICIANS : dose:Uuid worst_grade:0..5 tolerated:Bool toxicities:Uuid* window_h:Count
kind toxicity.resolved/1 patient moved task=safety by=assessed:PHYSICIANS guards=toxicity,outcome : toxicity:Uuid outcome:recovered|recovered-with-sequelae|recovering|not-recovered|fatal|unknown
kind hold.placed/1 patient moved task=prescribing by=authorship:PHYSICIANS guards=drug,why : drug:Token why:toxicity|infection|serious-adverse-reaction|haematology|logistics|other criterion:Commitment?
kind hold.lifted/1 patient task=prescribing by=authorship:PHYSICIANS after=any:hold.placed/1 guards=hold : hold:Uuid
kind course.discontinued/1 patient task=prescribing by=authorship:PHYSICIANS guards=drug : drug:Token why:toxicity|autoimmune-cytopenia|progression|investigator|patient|other
kind treatment.ended/1 patient fact moved task=safety by=FACT:PHYSICIANS : why:completed|progression|toxicity|withdrawal|investigator|transplant|death|lost|sponsor
kind consent.withdrawn/1 patient fact moved task=consent by=FACT:DATA : scope:treatment|study
kind patient.died/1 patient fact moved task=safety by=FACT:PHYSICIANS : cause:Commitment? aware_at:Minute?
kind deviation.acknowledged/1 patient task=safety by=acknowledged:PHYSICIANS : rule:RuleId target:Uuid
kind cycle.opened/1 patient task=prescribing by=authorship:PHYSICIANS after=any:COURSE guards=n,level,level_mg_m2,height_cm,weight_kg,bsa_m2,crcl_ml_min,anc_giga,factors,overrides : n:Count level:Level level_mg_m2:Amount height_cm:Amount weight_kg:Amount bsa_m2:Amount crcl_ml_min:Amount? anc_giga:Amount? factors:Factor* overrides:Uuid*
kind day.omitted/1 patient fact task=administration by=FACT:PHYSICIANS,nurse : opened:Uuid day:Count why:NotGivenCause
kind cycle.closed/1 patient task=prescribing by=authorship:PHYSICIANS guards=opened,response,recovered,unacceptable : opened:Uuid response:Response recovered:Bool unacceptable:Bool
kind cycle.stopped/1 patient task=prescribing by=authorship:PHYSICIANS guards=opened,why : opened:Uuid why:toxicity|hypotension|capillary-leak|infection|progression|investigator|patient|other
kind response.assessed/1 patient task=safety by=assessed:PHYSICIANS guards=response : response:Response
kind transplant.recorded/1 patient fact task=safety by=FACT:PHYSICIANS : type:allogeneic|autologous|cord-blood|haploidentical
kind expectedness.assessed/1 patient by=assessed:sponsor-medical guards=toxicity,expected : toxicity:Uuid expected:Bool reference:Commitment?
kind report.submitted/1 patient by=authorship:PHYSICIANS,sponsor-medical : toxicity:Uuid report:sponsor|7-day|15-day|follow-up ref:Commitment
kind dlt.adjudicated/1 patient completed by=assessed:PHYSICIANS by=assessed:sponsor-medical guards=toxicity,dlt,basis,reverses : toxicity:Uuid dlt:Bool basis:Commitment reverses:Uuid?
kind patient.declared-non-evaluable/1 patient completed by=assessed:PHYSICIANS by=assessed:sponsor-medical guards=basis : basis:Commitment
kind deviation.classified/1 patient task=safety by=assessed:PHYSICIANS : rule:RuleId target:Uuid important:Bool root_cause:Commitment action:Commitment?
kind entry.countersigned/1 any by=performed,verified,dispensed,assessed,approved,acknowledged,responsibility:SITE,sponsor-medical,registrar : target:Uuid
kind entry.corrected/1 any completed by=authorship:SITE : kind:Kind occurred:Occurred body:Body
kind entry.voided/1 any completed by=authorship:SITE : why:duplicate|wrong-patient|never-happened|test|entered-in-error
kind entry.recovered/1 any by=verified:SITE : entry:EntryText
kind entry.refused/1 attempts by=system:system : act:Token streams:Stream* rules:RuleId* exit:Count claimed_by:Token? proof:none|key-opened|signed signature:Hex? input:Commitment answer:Commitment count:Count
kind log.clock/1 clock by=system:system : behind_ms:Count reset:Bool
kind anchor.made/1 archive by=system:system : form:paper|timestamp|witness size:Count root:Hex evidence:Hex? authority:Code? at:Utc?
kind backup.made/1 archive by=system:system : size:Count root:Hex digest:Hex
kind backup.restored/1 archive by=system:system : size:Count root:Hex digest:Hex
kind export.made/1 exports by=system:system : form:Form size:Count root:Hex digest:Hex streams:Stream* name:Token? claimed_by:Token? recipient:Commitment?
kind copy.certified/1 exports by=attested-copy:SITE,registrar : export:Uuid entries:Count withheld:Count texts:Count blobs:Count missing:Count
kind key.rotated/1 people by=responsibility:SITE,monitor,sponsor-medical,sponsor,registrar,inspector : person:Token old_key_id:Kid key_id:Kid key:Jwk protection:pwd|agent|pin|hwk valid_until:Day? request:JwsText
kind key.revoked/1 people by=responsibility:registrar : person:Token key_id:Kid why:lost|compromised|left suspected_from:Count?
kind registrar.changed/1 people completed by=responsibility:registrar by=responsibility:registrar after=any:key.revoked/1,policy.amended/1,registrar.changed/1,registrar.recovered/1 : added:RootRegistrar? request:JwsText? removed:Token?
kind registrar.recovered/1 people by=responsibility:registrar : recovery_key:Jwk registrar:RootRegistrar request:JwsText
kind policy.amended/1 people completed by=responsibility:registrar by=responsibility:registrar after=any:key.revoked/1,policy.amended/1,registrar.changed/1,registrar.recovered/1 : quorum:Count signing:every-act|session session_minutes:SessionMinutes lockout_after:LockoutAfter witnesses:Witnesses clock_limit_s:ClockLimit
kind signature.reaffirmed/1 people completed by=responsibility:SITE,monitor,sponsor-medical,sponsor,registrar,inspector : targets:Uuid*
kind signature.repudiated/1 people by=responsibility:SITE,monitor,sponsor-medical,sponsor,registrar,inspector : targets:Uuid*
kind log.rotated/1 people by=responsibility:registrar by=responsibility:registrar after=any:key.revoked/1,policy.amended/1,registrar.changed/1,registrar.recovered/1 : log:Token key:Jwk next_log_key:Kid
kind signature.abandoned/1 security by=system:system : key_id:Kid n:Count*
kind query.opened/1 any by=authorship:PHYSICIANS,DATA,monitor : target:Uuid field:Code? question:Commitment
kind query.answered/1 any by=authorship:SITE : query:Uuid answer:Commitment
kind query.closed/1 any by=authorship:DATA,monitor after=any:query.closed/1 : query:Uuid outcome:answered|corrected|unchanged|withdrawn
kind entries.signed/1 patient by=responsibility:principal-investigator : since:Count until:Count entries:Count digest:Hex
kind entry.reviewed/1 patient by=verified:monitor : targets:Uuid*
kind record.locked/1 patient by=locked:principal-investigator by=locked:DATA after=any:record.locked/1,record.unlocked/1,site.locked/1 : until:When?
kind site.locked/1 review by=locked:principal-investigator by=locked:DATA after=any:record.locked/1,record.unlocked/1,site.locked/1 : until:When?
kind record.unlocked/1 any by=unlocked:principal-investigator by=unlocked:DATA after=any:record.locked/1,record.unlocked/1,site.locked/1 : lock:Uuid
kind audit.reviewed/1 review by=reviewed:DATA,principal-investigator,monitor : since:Count until:Count streams:Stream* questions:Token* findings:Commitment? queries:Uuid*
kind text.redacted/1 any by=approved:principal-investigator by=approved:DATA : commitments:Commitment*
kind security.raised/1 security by=system:system : what:failed-passphrase|locked-out|attempt-throttled|clock-backwards|clock-jump|unknown-device person:Token? count:Count off_s:Count? until:Utc?
kind security.acknowledged/1 security by=acknowledged:DATA,principal-investigator,registrar : targets:Uuid*
kind lockout.lifted/1 security by=responsibility:registrar : person:Token
// </table>
`;

  // ---------------------------------------------------------------------------------------------- bytes and hashes

  class Malformed extends Error {}
  const malformed = (why) => { throw new Malformed(why); };
  const CHUNK = 256; // entries whose signatures are under way at once
  const DAY = 86_400_000, COMPLETION = 30 * DAY, FIVE_MINUTES = 300_000; // milliseconds
  const encoder = new TextEncoder(), decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const utf8 = (text) => encoder.encode(text);
  const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
  const hex = (bytes) => { let text = ""; for (const byte of bytes) text += HEX[byte]; return text; };
  const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const text8 = (bytes) => { try { return decoder.decode(bytes); } catch { return malformed("this is not UTF-8"); } };
  const joined = (...parts) => {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) { all.set(part, at); at += part.length; }
    return all;
  };

  const PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const URL_SAFE = PLAIN.replace("+/", "-_");
  const inverse = (alphabet) => {
    const values = new Int8Array(128).fill(-1);
    for (let i = 0; i < 64; i++) values[alphabet.charCodeAt(i)] = i;
    return values;
  };
  const PLAIN_VALUES = inverse(PLAIN), URL_VALUES = inverse(URL_SAFE);

  /** The bytes of an unpadded base64 text in its one form: nothing else in it, and no loose bits at its end. */
  function unbase64(text, values = URL_VALUES) {
    const size = text.length, spare = size % 4, bytes = new Uint8Array(Math.floor((size * 3) / 4));
    if (spare === 1) malformed("this is not base64");
    let bits = 0, held = 0, at = 0;
    for (let i = 0; i < size; i++) {
      const code = text.charCodeAt(i), value = code < 128 ? values[code] : -1;
      if (value < 0) malformed("this is not base64");
      bits = ((bits << 6) | value) & 0xffff;
      held += 6;
      if (held >= 8) { held -= 8; bytes[at++] = (bits >> held) & 255; }
    }
    if (bits & ((1 << held) - 1)) malformed("this base64 is not in its one form");
    return bytes;
  }
  const padded = (text) => text.length % 4 || /[^=]={3,}$/.test(text) ? malformed("this is not base64")
    : unbase64(text.replace(/={1,2}$/, ""), PLAIN_VALUES);
  function base64url(bytes) {
    let text = "";
    for (let i = 0; i < bytes.length; i += 3) {
      const word = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0), left = bytes.length - i;
      for (let j = 0; j < Math.min(left + 1, 4); j++) text += URL_SAFE[(word >> (18 - 6 * j)) & 63];
    }
    return text;
  }

  const [ROUND, START] = (() => { // FIPS 180-4: fractions of the cube and square roots of the first primes
    const primes = [], fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
    for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
    return [Int32Array.from(primes, (p) => fraction(Math.cbrt(p))), Int32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)))];
  })();
  const WORDS = new Int32Array(64), TAIL = new Uint8Array(128), TAIL_VIEW = new DataView(TAIL.buffer);
  /** SHA-256 of the bytes, here and at once. */
  function sha256(data) {
    const state = START.slice(), size = data.length, left = size % 64, whole = size - left, end = left < 56 ? 64 : 128;
    TAIL.fill(0);
    TAIL.set(data.subarray(whole));
    TAIL[left] = 128;
    TAIL_VIEW.setUint32(end - 8, Math.floor(size / 2 ** 29));
    TAIL_VIEW.setUint32(end - 4, (size << 3) >>> 0);
    for (let at = 0; at < whole; at += 64) block(state, data, at);
    for (let at = 0; at < end; at += 64) block(state, TAIL, at);
    const digest = new Uint8Array(32);
    for (let i = 0; i < 32; i++) digest[i] = state[i >> 2] >>> (24 - 8 * (i & 3));
    return digest;
  }
  function block(state, data, at) {
    const w = WORDS;
    for (let i = 0; i < 16; i++, at += 4) w[i] = (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3];
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      w[i] = (w[i - 16] + w[i - 7] + (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3))
        + (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10))) | 0;
    }
    let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      h = g; g = f; f = e; e = (d + t) | 0;
      d = c; c = b; b = a; a = (t + s0 + ((a & (d ^ c)) ^ (d & c))) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }

  // -------------------------------------------------------------------------------- the table, and canonical JSON

  const GRAMMARS = {}, RANGES = {}, LISTS = {}, MEANINGS = {}, SETS = {}, PARTS = {}, KINDS = {};
  (() => { // one line for each name; a kind: name, family, flags, a colon, members
    const day = { pattern: "" }, each = (text) => text.split(",").flatMap((name) => SETS[name] ?? [name]);
    const read = {
      grammar: (name, most, ...pattern) => {
        if (name === "Day") day.pattern = pattern.join(" ");
        GRAMMARS[name] = { most: Number(most), pattern: pattern.join(" ") };
      },
      range: (name, low, high) => { RANGES[name] = [Number(low), Number(high)]; },
      list: (name, ...words) => { LISTS[name] = words; },
      meaning: (code, lang, version, ...words) => { MEANINGS[`${code} ${lang} ${version}`] = words.join(" "); },
      set: (name, ...items) => { SETS[name] = items; },
      part: (name, _, ...members) => { PARTS[name] = members; },
      kind: (name, family, ...rest) => {
        const row = { family, by: [], after: [], guards: [], members: rest.slice(rest.indexOf(":") + 1) };
        for (const flag of rest.slice(0, rest.indexOf(":"))) {
          const [key, value = ""] = flag.split("=");
          if (key === "by") row.by.push({ meanings: each(value.split(":")[0]), roles: each(value.split(":")[1]) });
          else if (key === "after") row.after.push({ family: value.split(":")[0], kinds: new Set(each(value.split(":")[1])) });
          else if (key === "guards") row.guards = value.split(",");
          else row[key] = value || true;
        }
        KINDS[name] = row;
      },
    };
    for (const line of TABLE.split("\n")) {
      const [what, ...words] = line.split(" ");
      read[what]?.(...words);
    }
    for (const one of Object.values(GRAMMARS)) {
      const body = one.pattern.replace("<Day>", () => day.pattern).replaceAll("\\Z", "$");
      one.regexp = new RegExp(`^(?:${body})$`, "u");
    }
  })();

  const rising = (values) => values.every((one, at) => !at || values[at - 1] < one);
  const eachOnce = (values, most) => values.length >= 1 && values.length <= most && new Set(values).size === values.length;
  const RULES = { // what a part or a body must be beside its members
    CommandRef: (one) => one.index < one.of,
    Occurred: (one) => (one.precision === "day") === (one.at.length === "2010-03-01".length),
    Jwk: (one) => [one.crv, one.kty].join() === (one.y === null ? "Ed25519,OKP" : "P-256,EC"),
    "export.made/1": (one) => rising(one.streams),
    "registrar.changed/1": (one) => (one.added !== null || one.removed !== null) && (one.added === null) === (one.request === null),
    "signature.reaffirmed/1": (one) => eachOnce(one.targets, 64),
    "signature.repudiated/1": (one) => eachOnce(one.targets, 64),
    "signature.abandoned/1": (one) => eachOnce(one.n, 64) && rising(one.n),
    "entries.signed/1": (one) => one.since < one.until && one.entries > 0,
    "entry.reviewed/1": (one) => eachOnce(one.targets, 64),
    "security.acknowledged/1": (one) => eachOnce(one.targets, 64),
    "audit.reviewed/1": (one) => one.since < one.until && one.questions.length <= 64 && rising(one.streams) && rising(one.questions),
    "text.redacted/1": (one) => eachOnce(one.commitments, 16),
  };
  const CHECKS = new Map();
  /** The check of a type as the table writes it: X? null too, X* a list, X*2-8 of so many, a|b words, 0..5 a range. */
  function checkOf(type) {
    if (!CHECKS.has(type)) CHECKS.set(type, newCheck(type));
    return CHECKS.get(type);
  }
  function newCheck(type) {
    const many = /^(.*)\*(?:(\d+)-(\d+))?$/.exec(type), range = RANGES[type] ?? /^(\d+)\.\.(\d+)$/.exec(type)?.slice(1).map(Number);
    if (type.endsWith("?")) {
      const check = checkOf(type.slice(0, -1));
      return (value) => value === null || check(value);
    }
    if (many) {
      const check = checkOf(many[1]), least = Number(many[2] ?? 0), most = Number(many[3] ?? Infinity);
      return (value) => Array.isArray(value) && value.length >= least && value.length <= most && value.every((one) => check(one));
    }
    if (range) return (value) => Number.isInteger(value) && value >= range[0] && value <= range[1];
    if (type === "Bool") return (value) => value === true || value === false;
    if (type === "Body") return (value) => value !== null && typeof value === "object";
    if (GRAMMARS[type]) {
      const { regexp, most } = GRAMMARS[type];
      return (value) => typeof value === "string" && (!most || value.length <= most) && regexp.test(value);
    }
    if (PARTS[type]) return members(PARTS[type], RULES[type]);
    if (/^\w*$/.test(type) && !LISTS[type]) throw new Error(`the table names no type ${type}`);
    const words = new Set(LISTS[type] ?? type.split("|").filter(Boolean));
    return (value) => typeof value === "string" && words.has(value);
  }
  function members(spelled, rule = () => true) {
    const each = spelled.map((one) => one.split(/:(.*)/)).map(([name, type]) => [name, checkOf(type)]);
    return (value) => {
      if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
      const names = Object.keys(value);
      return names.length === each.length && each.every(([name, check], at) => names[at] === name && check(value[name])) && rule(value);
    };
  }
  function checkBody(kind, body) {
    const row = Object.hasOwn(KINDS, kind) ? KINDS[kind] : malformed(`unknown kind ${kind}`);
    row.check ??= members(row.members, RULES[kind]);
    if (!row.check(body)) malformed(`the body is not a ${kind}`);
    if (kind !== "entry.corrected/1") return;
    if (/^(entry|log|entries|query|record|site|audit|text)\./.test(body.kind)) malformed(`${body.kind} cannot be corrected`);
    checkBody(body.kind, body.body);
  }
  /** The value of bytes that are JSON in its one spelling: read, written again, and the same. */
  function canonical(text, part, what) {
    let value, again;
    try {
      value = JSON.parse(text);
      again = JSON.stringify(value);
    } catch { malformed(`${what} is not JSON`); }
    if (again !== text || (text.includes("\\") && /\\[^"\\]/.test(text.replaceAll("\\\\", ""))))
      malformed(`${what} is not canonical JSON`);
    if (!checkOf(part)(value)) malformed(`${what} is not as the table of its members says`);
    return value;
  }

  // --------------------------------------------------------------------------------------------------- one entry

  const B64 = "[A-Za-z0-9_-]*", SIGNED = `\\{"protected":"${B64}","signature":"${B64}"\\}`;
  const ENVELOPE = new RegExp(`^\\{"payload":"(${B64})","signatures":\\[(${SIGNED}(?:,${SIGNED}){0,7})\\]\\}$`);
  const COMMITMENT = /"(sha256:[0-9a-f]{64})"/g, BACK = "entry.recovered/1";
  const restated = (one) => one.kind === "entry.corrected/1" ? { kind: one.body.kind, body: one.body.body } : one;

  /** A JWS taken apart: payload and signatures, with nothing checked but their form. */
  function openJws(line) {
    if (line.length > 65_535) malformed("the entry is longer than 65535 bytes");
    const found = ENVELOPE.exec(line) ?? malformed("the entry is not a JWS in its one form");
    const payload = unbase64(found[1]);
    if (payload.length > 47_000) malformed("the payload is longer than 47000 bytes");
    const signatures = found[2].slice(14, -2).split('"},{"protected":"').map((pair) => {
      const [protectedText, signature] = pair.split('","signature":"');
      const header = openHeader(text8(unbase64(protectedText))), bytes = unbase64(signature);
      if (bytes.length !== 64) malformed(`a signature has ${bytes.length} bytes instead of 64`);
      return { header, signature: bytes, input: `${protectedText}.${found[1]}` };
    });
    return { payload, signatures };
  }
  function openHeader(text) {
    const header = canonical(text, "Header", "a protected header"), { code, lang, version, text: shown } = header.meaning;
    if (MEANINGS[`${code} ${lang} ${version}`] !== shown) malformed(`the text is not that of the meaning ${code}`);
    printed(header.signer);
    return header;
  }
  const printed = (card) => {
    if (Math.max(utf8(card.name).length, utf8(card.organisation).length) > 128)
      malformed("a printed name is longer than 128 bytes");
  };

  /** One stored line as an entry, checked for its form alone; raises where it has another. */
  function open(line) {
    const { payload: bytes, signatures } = openJws(line), text = text8(bytes);
    const payload = canonical(text, "Payload", "the payload"), { kind, body } = payload;
    checkBody(kind, body);
    const said = restated({ kind, body }), row = KINDS[kind], family = payload.stream.split("/")[0];
    if (row.family !== "any" && row.family !== family) malformed(`${kind} on the stream ${payload.stream}`);
    if ((payload.ledger === "") !== (kind === "ledger.created/1")) malformed("only the first entry has no ledger id");
    if (Boolean(KINDS[said.kind].graded) !== (payload.dictionary !== null)) malformed(`${kind} and dictionary do not fit`);
    for (const card of kind === "ledger.created/1" ? body.registrars : kind === "key.enrolled/1" ? [body] : []) printed(card);
    const named = new Set(payload.causes.map((ref) => ref.id)), inside = references(said.body);
    if (named.size !== payload.causes.length) malformed("causes names an entry twice");
    for (const id of inside) if (!named.has(id)) malformed(`the body names ${id}, which is not among causes`);
    if (kind !== BACK && bytes.length > 24_576) malformed("the payload is longer than 24576 bytes");
    const lost = kind === BACK ? open(body.entry) : null, common = (it) => [it.id, it.stream, it.site, it.occurred];
    if (lost && (lost.kind === BACK || !same(common(lost.payload), common(payload))))
      malformed("the entry inside has another id, stream, site or time, or is a recovered one itself");
    const { at, precision } = payload.occurred, offset = signatures[0].header.at.slice(-6);
    const own = Array.from(text.matchAll(COMMITMENT), (match) => match[1]);
    return {
      kind, told: lost && { payload: lost.payload, signers: lost.signatures.map(({ header }) => ({ header, ok: null })) }, body, payload, signatures, inside, id: payload.id, stream: payload.stream, digest: () => sha256(bytes),
      occurredAt: Date.parse(precision === "minute" ? at : `${at}T23:59:59.999${offset}`),
      recordedAt: Date.parse(payload.recorded_at),
      commitments: [...new Set([...own, ...(lost?.commitments ?? [])])].sort(),
    };
  }
  function references(body) {
    const found = [];
    for (const name of SETS.REFERENCES) {
      const value = body[name] ?? null;
      if (value === null) continue;
      for (const one of Array.isArray(value) ? value : [value]) {
        const id = typeof one === "object" ? one.source : one;
        if (id !== null) found.push(id);
      }
    }
    return found;
  }
  const digestsOf = ({ kind, body }) => kind === "protocol.activated/1" ? [body.pack.digest, body.dictionary.digest]
    : kind === "dictionary.loaded/1" ? [body.dictionary.digest]
    : kind === "anchor.made/1" || kind === "ledger.restored/1" ? [body.evidence].filter(Boolean) : [];

  // ----------------------------------------------------------------------------------------- keys and signatures

  const P = 2n ** 255n - 19n, L = 2n ** 252n + 27742317777372353535851937790883648493n;
  const P256 = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
  const B256 = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
  const N256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const mod = (x, m = P) => { const left = x % m; return left < 0n ? left + m : left; };
  const big = (bytes) => BigInt(`0x${hex(bytes)}`);
  const power = (x, n) => { let y = 1n; for (; n; n >>= 1n, x = mod(x * x)) if (n & 1n) y = mod(y * x); return y; };
  const D = mod(-121665n * power(121666n, P - 2n));

  const kidOf = (jwk) => base64url(sha256(utf8(JSON.stringify(
    jwk.y === null ? { crv: jwk.crv, kty: jwk.kty, x: jwk.x } : { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }))));
  const algOf = (jwk) => jwk.crv === "Ed25519" ? "Ed25519" : "ES256";

  const JUDGED = new Map();
  /** Why a key may never be enrolled; "" where it may. A key is judged once. */
  function weakness(jwk) {
    const name = `${jwk.x}.${jwk.y}`;
    if (!JUDGED.has(name)) JUDGED.set(name, weak(jwk));
    return JUDGED.get(name);
  }
  function weak(jwk) {
    const x = unbase64(jwk.x);
    if (jwk.crv === "P-256") {
      const [a, b] = [big(x), big(unbase64(jwk.y))];
      if (a >= P256 || b >= P256) return "the point is written in a second, longer form";
      return mod(b * b - a * a * a + 3n * a - B256, P256) ? "the point is not on P-256" : "";
    }
    const number = big(x.reverse()), y = number & (2n ** 255n - 1n), odd = number >> 255n;
    if (y >= P) return "the point is written in a second, longer form";
    const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
    let root = power(square, (P + 3n) / 8n);
    if (mod(root * root) !== square) root = mod(root * power(2n, (P - 1n) / 4n));
    if (mod(root * root) !== square) return "these bytes are not a point of edwards25519";
    if (!root && odd) return "the point is written in a second form";
    if ((root & 1n) !== odd) root = P - root;
    const point = [root, y, 1n, mod(root * y)], nothing = ([a, b, c]) => !mod(a) && !mod(b - c);
    if (nothing(times(8n, point))) return "a point of small order: one signature would fit any text";
    return nothing(times(L, point)) ? "" : "the point is not in the prime-order subgroup";
  }
  function plus([x1, y1, z1, t1], [x2, y2, z2, t2]) { // RFC 8032 section 5.1.4
    const a = mod((y1 - x1) * (y2 - x2)), b = mod((y1 + x1) * (y2 + x2)), c = mod(2n * D * t1 * t2), d = mod(2n * z1 * z2);
    const [e, f, g, h] = [b - a, d - c, d + c, b + a];
    return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
  }
  function times(n, point) {
    let sum = [0n, 1n, 1n, 0n];
    for (; n; n >>= 1n, point = plus(point, point)) if (n & 1n) sum = plus(sum, point);
    return sum;
  }

  const ALGORITHMS = { Ed25519: { name: "Ed25519" }, ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } };
  const IMPORTED = new Map();
  /** Whether the key made the signature; in one accepted form only (S < L, the low s). */
  async function made(jwk, message, signature) {
    const alg = algOf(jwk), [r, s] = [signature.slice(0, 32), signature.slice(32)];
    if (alg === "Ed25519" ? s[31] >= 16 && big(s.reverse()) >= L : !(big(r) && big(r) < N256 && big(s) && big(s) <= N256 / 2n)) return false;
    const name = `${jwk.x}.${jwk.y}`;
    if (!IMPORTED.has(name)) {
      const raw = alg === "Ed25519" ? unbase64(jwk.x) : joined([4], unbase64(jwk.x), unbase64(jwk.y));
      IMPORTED.set(name, crypto.subtle.importKey("raw", raw, ALGORITHMS[alg], false, ["verify"]));
    }
    try {
      return await crypto.subtle.verify(ALGORITHMS[alg], await IMPORTED.get(name), signature, utf8(message));
    } catch { return false; }
  }
  /** Whether this browser checks Ed25519: RFC 8032 section 7.1, test 2, right and wrong. */
  async function able() {
    const jwk = { crv: "Ed25519", kty: "OKP", x: "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw", y: null };
    const signature = unhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    IMPORTED.delete(`${jwk.x}.null`);
    try {
      return await made(jwk, "r", signature) && !await made(jwk, "s", signature);
    } catch { return false; }
  }

  // -------------------------------------------------------------------------------------- the tree and its heads

  const EMPTY_ROOT = hex(sha256(new Uint8Array()));
  const leafOf = (line) => sha256(utf8(`\0${line}`));
  const PAIR = Uint8Array.of(1, ...new Uint8Array(64));
  const node = (left, right) => { PAIR.set(left, 1); PAIR.set(right, 33); return sha256(PAIR); };
  /** A growing RFC 6962 tree: `roots[n]` is the root, in hexadecimal, that it had with n leaves. */
  function newTree() {
    const peaks = [], roots = [EMPTY_ROOT];
    return {
      roots,
      add(leaf) {
        for (let size = roots.length - 1; size & 1; size = Math.floor(size / 2)) leaf = node(peaks.pop(), leaf);
        peaks.push(leaf);
        roots.push(hex(peaks.reduceRight((right, left) => node(left, right))));
      },
    };
  }

  const WORD = "[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", ORIGIN = new RegExp(`^doseledger/${WORD}/[0-9a-f]{32}/${WORD}$`);
  const NAME = /^[^\x00-\x20\x7f-\xa0+\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ud800-\udfff]+$/u;
  const keyId = (name, raw) => hex(sha256(joined(utf8(`${name}\n`), [1], raw)).slice(0, 4));
  /** A checkpoint taken apart (docs/spec/checkpoint.md); no signature is checked here. */
  function openNote(note) {
    const cut = note.lastIndexOf("\n\n"), lines = note.slice(cut + 2).split("\n").slice(0, -1);
    if (utf8(note).length > 262_144 || /[\x00-\x09\x0b-\x1f]/.test(note) || cut < 0 || !note.endsWith("\n"))
      malformed("this is not a signed note");
    if (lines.length < 1 || lines.length > 32) malformed(`the note has ${lines.length} signatures`);
    const signatures = lines.map((line) => {
      const [dash, name, ...rest] = line.split(" "), data = padded(rest.join(" "));
      if (dash !== "\u2014" || !NAME.test(name ?? "") || data.length <= 4) malformed("a signature line of the note is not one");
      return { name, id: hex(data.slice(0, 4)), signature: data.slice(4) };
    });
    const body = note.slice(0, cut + 1), [origin, size, root, ...more] = body.split("\n").slice(0, -1);
    if (more.length || root === undefined) malformed("the checkpoint has not three lines of text");
    if (!/^(?:0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)))
      malformed("the size of the checkpoint is not a number");
    const head = { origin, size: Number(size), root: hex(padded(root)), body, signatures };
    if (!ORIGIN.test(origin) || head.root.length !== 64 || (!head.size && head.root !== EMPTY_ROOT))
      malformed("this is no checkpoint");
    return head;
  }
  /** The number of the epoch in the name of a log, and the name without it: main is the first, main.2 the next. */
  const EPOCH = /^(.*[^/])\.([2-9]|[1-9][0-9]{1,3})$/, epoch = (origin) => Number(EPOCH.exec(origin)?.[2] ?? 1);
  const series = (origin) => EPOCH.exec(origin)?.[1] ?? origin;
  /** The checkpoint in a note that any key of its epoch has signed: of another history, the key may have changed elsewhere. */
  async function everNote(note, heads) {
    const { origin } = openNote(note), own = heads.filter((it) => it.origin === origin), last = own.pop() ?? heads.at(-1);
    for (const it of own) {
      try { return await checkedNote(note, it); } catch (error) { if (!(error instanceof Malformed)) throw error; }
    }
    return checkedNote(note, last);
  }
  /** The entry in which registrars gave up a head, and all that came before it in its epoch; undefined where none did. */
  function givenUp(head, heads) {
    return heads.find(({ lost, origin, since }) => lost && epoch(head.origin) < epoch(origin)
      && ((since < head.size && head.size < lost.size) || (head.size === lost.size && head.root === lost.root)));
  }
  /** The checkpoint in a note, once the log's key has signed it. */
  async function checkedNote(note, log) {
    const head = openNote(note);
    if (log.jwk.crv !== "Ed25519") malformed("the key of the log is not Ed25519");
    if (head.origin !== log.origin) malformed(`the checkpoint is of the log ${head.origin}, not of ${log.origin}`);
    const own = head.signatures.filter((one) => one.name === log.origin && one.id === keyId(log.origin, unbase64(log.jwk.x)));
    if (own.length !== 1 || own[0].signature.length !== 64) malformed(`the checkpoint has ${own.length} signatures by the log`);
    if (log.supported && !await made(log.jwk, head.body, own[0].signature))
      malformed("the checkpoint was not signed by the log's key");
    return head;
  }

  // --------------------------------------------------------------------------- who held which key, role and task

  const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
  const meets = (requirement, one) => requirement.meanings.includes(one.meaning) && requirement.roles.includes(one.role);
  const signersOf = (one) => one.signers ??= one.signatures.map(({ header }) => ({
    kid: header.kid, person: header.signer.id, role: header.signer.role, meaning: header.meaning.code, at: header.at, n: header.n, header,
  }));
  /** The needs of an entry that no signature meets; a person meets one need at most. */
  function missing(payload, signers) {
    const left = [...payload.needs], used = new Set();
    for (const one of signers) {
      const at = used.has(one.person) ? -1 : left.findIndex((need) => need.meaning === one.meaning && need.role === one.role
        && (need.meaning !== "performed" || payload.performed_by === null || payload.performed_by === one.person));
      if (at < 0) continue;
      left.splice(at, 1);
      used.add(one.person);
    }
    return left;
  }

  const TURNED = "log.rotated/1", RESTORED = "ledger.restored/1";
  const ANSWERS = /^signature\.re(affirm|pudiat)ed\/1$/;
  /** Everything about authority, folded from the entries before a position; keys that ended stay known. */
  class Roster {
    ledger = ""; site = ""; places = new Set(); recovery = null; packs = []; dictionaries = []; delegations = []; doubts = []; answers = [];
    people = new Map(); keys = new Map(); devices = new Map(); pending = new Map();

    key(kid) { return this.keys.get(kid) ?? this.devices.get(kid); }
    /** Why the key is not one that this holder may sign with here; "" where it is. */
    inactive(kid, person) {
      const key = this.key(kid);
      if (key?.person !== person)
        return `the key ${kid.slice(0, 8)} of ${person} is not active: no complete enrolment stands before`;
      return key.ended === null ? "" : `the key ${kid.slice(0, 8)} of ${person} was ended (${key.why}) at position ${key.ended}`;
    }
    end(position, why, which) {
      for (const key of [...this.keys.values(), ...this.devices.values()]) {
        if (key.ended === null && which(key)) Object.assign(key, { ended: position, why });
      }
    }
    put(map, { person, key_id: kid, key: jwk, valid_until: until = null }, since) {
      map.set(kid, { kid, person, jwk, since, until, ended: null, why: null });
    }
    registrar(it, position) {
      this.people.set(it.person, { person: it.person, name: it.name, organisation: it.organisation, roles: ["registrar"] });
      this.put(this.keys, it, position);
    }
    /** Apply one entry that nothing on L1 was found against; what awaits a signature has no effect yet. */
    enter(one) {
      if (one.stream !== "study" && one.stream !== "people") return;
      if (one.kind === "entry.countersigned/1") {
        const waiting = this.pending.get(one.body.target);
        if (!waiting || one.recordedAt - waiting.target.recordedAt > COMPLETION) return;
        waiting.signers.push(...signersOf(one));
        if (missing(waiting.target.payload, waiting.signers).length) return;
        this.pending.delete(one.body.target);
        this.apply(waiting.target, one.position);
      } else if (KINDS[one.kind].completed && missing(one.payload, signersOf(one)).length) {
        this.pending.set(one.id, { target: one, signers: [...signersOf(one)] });
      } else this.apply(one, one.position);
    }
    apply(one, position) {
      const { body } = one, device = (it) => this.put(this.devices, { ...it, person: it.id }, position);
      const over = (which, ended) => {
        for (const it of this.delegations) if (it.ended === null && which(it)) Object.assign(it, { ended, endedAt: position });
      };
      const effect = {
        "ledger.created/1": () => {
          this.ledger = one.leaf; this.site = one.payload.site; this.recovery = body.recovery_key;
          this.places = new Set([`Site ${this.site}`, ...body.registrars.map((it) => it.organisation)]);
          body.registrars.forEach((it) => this.registrar(it, position));
          device(body.device);
        },
        "key.enrolled/1": () => {
          const { person, name, organisation, roles } = body;
          this.people.set(person, { person, name, organisation, roles });
          this.put(this.keys, body, position);
        },
        "device.enrolled/1": () => device(body.device),
        "key.rotated/1": () => {
          this.end(position, "rotated", (key) => key.kid === body.old_key_id);
          this.put(this.keys, body, position);
        },
        "key.revoked/1": () => {
          this.end(position, body.why, (key) => key.kid === body.key_id);
          const { key_id: kid, person, suspected_from: since } = body;
          if (since !== null) this.doubts.push({ kid, person, since, until: position });
          if (body.why === "left") over((it) => it.person === body.person, one.payload.occurred.at);
          if (body.why !== "compromised") return;
          for (const [id, { signers }] of this.pending) if (signers.some((it) => it.kid === body.key_id)) this.pending.delete(id);
        },
        "registrar.changed/1": () => {
          if (body.removed !== null) this.end(position, "removed", (key) => key.person === body.removed);
          if (body.added) this.registrar(body.added, position);
        },
        "registrar.recovered/1": () => this.registrar(body.registrar, position),
        "delegation.granted/1": () => this.delegations.push({ ...body, id: one.id, position, ended: null, endedAt: null }),
        "delegation.ended/1": () => over((it) => it.id === body.delegation, one.payload.occurred.at),
        "protocol.activated/1": () => { this.packs.push([position, body.pack]); this.dictionaries.push([position, body.dictionary]); },
        "dictionary.loaded/1": () => this.dictionaries.push([position, body.dictionary]),
      }[one.kind] ?? (ANSWERS.test(one.kind) && (() => {
        const { kid, signer: { id: person } } = one.signatures[0].header, stands = one.kind === "signature.reaffirmed/1";
        for (const id of body.targets) this.answers.push({ id, person, stands, position, said: one.id, saidAt: one.position, kid });
      }));
      if (effect) effect();
    }
    /** What the person said of his signature of an entry: the newest answer, of those given after `since`, that holds. */
    answer(id, person, since = -1) {
      return this.answers.findLast((it) => it.id === id && it.person === person && it.saidAt > since && this.holds(it));
    }
    /** An answer that is itself in doubt holds once its signer stands by it too. */
    holds(it) {
      return !this.doubts.some(({ kid, since, until }) => kid === it.kid && since <= it.saidAt && it.saidAt < until)
        || this.answer(it.said, it.person, it.saidAt)?.stands === true;
    }
    /** Whether a signature of the entry is in doubt since its key was revoked: disputed, repudiated, or null. */
    doubt(one) {
      const said = this.doubts.filter((it) => it.since <= one.position && one.position < it.until)
        .flatMap(({ kid }) => signersOf(one).filter((it) => it.kid === kid)).map(({ person }) => this.answer(one.id, person));
      return said.some((it) => it && !it.stands) ? "repudiated" : said.some((it) => !it) ? "disputed" : null;
    }
    /** Whether a task was delegated at a stated time: to the day where either is a day, else to the minute. */
    delegated(person, task, at) {
      if (this.people.get(person)?.roles.includes("principal-investigator")) return true;
      const days = (bound) => bound.length === 10 || at.length === 10, day = at.slice(0, 10), moment = Date.parse(at);
      return this.delegations.some((it) => it.person === person && it.tasks.includes(task)
        && (days(it.since) ? day >= it.since.slice(0, 10) : moment >= Date.parse(it.since))
        && [it.until, it.ended].every((end) => end === null || (days(end) ? day <= end.slice(0, 10) : moment < Date.parse(end))));
    }
  }

  // ------------------------------------------------------------------------- L1: keys, signatures, texts and blobs

  /** The keys that an entry brings, each with the request that its owner signed, where there must be one. */
  function offers({ kind, body, signatures }, roster) {
    const asked = (it) => ({ ...it, request: body.request, card: { person: it.person, name: it.name, organisation: it.organisation } });
    if (kind === "ledger.created/1") return [...body.registrars, body.device, { key: body.log_key, key_id: null }];
    if (kind === "device.enrolled/1") return [body.device];
    if (kind === "key.enrolled/1") return [asked(body)];
    if (kind === "registrar.recovered/1") return [asked(body.registrar)];
    if (kind === "registrar.changed/1") return body.added ? [asked(body.added)] : [];
    if (kind === TURNED || kind === RESTORED) return [{ key: body.key, key_id: null }];
    if (kind === "policy.amended/1") return body.witnesses.keys.map(({ key }) => ({ key, key_id: null }));
    if (kind !== "key.rotated/1") return [];
    const [{ header }] = signatures, owner = roster?.people.get(body.person);
    const own = !roster || (owner && header.signer.id === body.person && header.kid === body.old_key_id);
    return [own ? asked({ ...body, ...owner }) : body].map((it) => own ? it : { key: it.key, key_id: it.key_id });
  }
  /** Begin what takes the machine's cryptography; `keys` are those named so far, by their thumbprints. */
  function begin(one, keys, supported) {
    const under = [], check = (jwk, { input, signature }, keep) => supported && under.push(made(jwk, input, signature).then(keep));
    one.made = one.signatures.map(() => null);
    const recovery = one.kind === "registrar.recovered/1" ? [one.body.recovery_key] : [];
    for (const it of [...offers(one), ...recovery.map((key) => ({ key, key_id: kidOf(key) }))]) {
      if (it.key_id && kidOf(it.key) === it.key_id) keys.set(it.key_id, it.key);
      if (it.request === undefined) continue;
      try {
        one.request = openRequest(it.request);
        check(one.request.asked.key, one.request.signed, (held) => { if (!held) one.request = { error: "the new key did not sign it" }; });
      } catch (error) { one.request = { error: String(error.message) }; }
    }
    one.signatures.forEach((it, at) => {
      const jwk = keys.get(it.header.kid);
      if (jwk && algOf(jwk) === it.header.alg) check(jwk, it, (held) => { one.made[at] = held; });
    });
    return Promise.all(under);
  }
  /** The request with which a key was offered: signed by that key alone, with the meaning possession. */
  function openRequest(text) {
    const { payload, signatures } = openJws(text), asked = canonical(text8(payload), "KeyRequest", "the request"), name = kidOf(asked.key);
    const [signed] = signatures, { alg, kid, meaning, signer } = signed.header;
    const said = [kid, alg, meaning.code, signer.id, signer.name, signer.organisation, asked.key_id];
    const due = [name, algOf(asked.key), "possession", asked.person, asked.name, asked.organisation, name];
    return signatures.length === 1 && same(said, due) ? { asked, signed } : malformed("it was not signed by the new key for this person");
  }
  function enrolments(one, roster, fail) {
    for (const { key, key_id: kid, request, card } of offers(one, roster)) {
      const why = weakness(key);
      if (why) fail("L1", "weak-key", why);
      else if (kid && kidOf(key) !== kid)
        fail("L1", "thumbprint", `the key named ${kid.slice(0, 8)} has the thumbprint ${kidOf(key).slice(0, 8)}`);
      if (request === undefined) continue;
      const { error, asked } = one.request;
      if (error) fail("L1", "request", `the request of ${card.person} proves nothing: ${error}`);
      else if (!same(asked, { format: 1, ...card, key_id: kid, key }))
        fail("L1", "request", `the request of ${card.person} is for another person or key`);
    }
  }
  /** Why a recovered registrar does not come by the key that the first entry committed to; "" where he does. */
  function notRecovered({ signatures, body }, roster) {
    const [{ header }] = signatures, { id, name, role, organisation } = header.signer, it = body.registrar;
    if (signatures.length !== 1 || header.kid !== roster.recovery || kidOf(body.recovery_key) !== roster.recovery)
      return "this is not the recovery key of the ledger";
    return same([id, name, organisation, role], [it.person, it.name, it.organisation, "registrar"]) ? "" : "the recovery key does not sign as the registrar who comes by it";
  }
  /** Why the keys that the headers name are not those that must have signed here; "" where they are. */
  function keysWrong(one, roster) {
    const { kind, body, signatures } = one, kids = signatures.map(({ header }) => header.kid);
    const own = kind === "ledger.created/1" ? new Map(body.registrars.map((it) => [it.key_id, it.key])) : null;
    if (own && [...own.keys()].some((kid) => !kids.includes(kid))) return "not every root registrar has signed the first entry";
    const recovers = kind === "registrar.recovered/1", refused = recovers ? notRecovered(one, roster) : "";
    if (refused) return refused;
    for (const { header } of signatures) {
      const why = own || recovers ? "" : roster.inactive(header.kid, roster.key(header.kid)?.person ?? header.signer.id);
      const jwk = own ? own.get(header.kid) : recovers ? body.recovery_key : roster.key(header.kid)?.jwk;
      if (why || !jwk) return why || `the key ${header.kid.slice(0, 8)} is not one of the first entry`;
      if (algOf(jwk) !== header.alg) return `the signature names ${header.alg}, its key was enrolled for ${algOf(jwk)}`;
    }
    return "";
  }
  /** Why the card of a signature is not what the log says of its key at log time; "" where it is. */
  function cardWrong(roster, { kid, person, role, header }, at) {
    const { name, organisation } = header.signer, holder = roster.people.get(person), { until } = roster.key(kid) ?? {};
    const inactive = roster.inactive(kid, person);
    if (inactive || (role === "system") !== roster.devices.has(kid)) return inactive || `${person} does not sign as ${role}`;
    const place = name === `Device ${person}` && roster.places.has(organisation);
    if (role === "system") return place ? "" : `the device ${person} signs as ${name} of ${organisation}`;
    if (!holder) return `${person} was never enrolled as a person`;
    if (holder.name !== name || holder.organisation !== organisation)
      return `${person} signs as ${name} of ${organisation}, enrolled otherwise`;
    if (!holder.roles.includes(role)) return `${person} does not hold the role ${role}`;
    return until !== null && new Date(at).toISOString().slice(0, 10) > until ? `the key of ${person} expired on ${until}` : "";
  }

  // ---------------------------------------------------------------------------- L2: what entries say of each other

  const SPONSOR = "sponsor-medical", PI = "principal-investigator", APPROVED = (author) => ({ meanings: ["approved"], roles: [author === PI ? "investigator" : PI] });
  /** Whether a restated body could lower a dose or a grade, turn a ruling, or permit more than before. */
  function relaxes(before, after) {
    if (before.kind !== after.kind) return true;
    const [old, now] = [before.body, after.body];
    if (before.kind === "tolerance.assessed/1") {
      return now.worst_grade < old.worst_grade || (now.tolerated && !old.tolerated) || now.dose !== old.dose;
    }
    if (/^toxicity\.(re)?graded\/1$/.test(before.kind)) return now.grade < old.grade || now.toxicity !== old.toxicity;
    return KINDS[before.kind].guards.some((name) => !same(old[name], now[name]));
  }
  /** The void of an entry that is in effect at log time `at`; a knot of voids that name each other has none. */
  const voidOf = (log, one, at, passed = []) => passed.includes(one) ? undefined : (log.amending.get(one.id) ?? [])
    .find((it) => it.kind === "entry.voided/1" && standing(log, it, at, [...passed, one]) === "standing");
  /** The signatures of an entry, and of the countersignatures in time that stand. */
  const gathered = (log, one, at, passed = []) => [one, ...(log.countersigning.get(one.id) ?? [])
    .filter((it) => it.recordedAt - one.recordedAt <= COMPLETION && !voidOf(log, it, at, passed))].flatMap(signersOf);
  /** Whether an entry is struck by a void, complete, or still waits for a signature. */
  function standing(log, one, at, passed = []) {
    if (voidOf(log, one, at, passed)) return "struck";
    if (!KINDS[one.kind].completed || !missing(one.payload, gathered(log, one, at, passed)).length) return "standing";
    return at - one.recordedAt > COMPLETION ? "lapsed" : "pending";
  }
  /** The signatures that kind and content require; `about` is what a correction or void names. */
  function required(log, one, about) {
    const { by } = KINDS[one.kind], author = one.signatures[0].header.signer, approval = APPROVED(author.role);
    if (one.kind === "entry.voided/1" && about) {
      const at = log.logTime(one), own = signersOf(about)[0].person === author.id;
      if (own && standing(log, about, at) === "pending") return by;
      const sponsored = gathered(log, about, at).some((it) => it.role === SPONSOR);
      return [...by, approval, ...(sponsored ? [{ meanings: ["approved"], roles: [SPONSOR] }] : [])];
    }
    if (one.kind === "entry.voided/1" || (one.kind === "dlt.adjudicated/1" && one.body.reverses !== null)) return [...by, approval];
    if (one.kind !== "entry.corrected/1") return by;
    if (!about) return [...by, approval];
    const said = restated(about), row = KINDS[said.kind], { at } = (about.kind === one.kind ? about.body : about.payload).occurred;
    const more = row.by.slice(1), approved = (row.moved && at !== one.body.occurred.at) || relaxes(said, restated(one));
    return approved ? [...by, approval, ...more] : [...by, ...more];
  }
  /** The needs that no requirement asks for; null where one lacks a need of its own. */
  const beyond = (needs, requirements) => {
    const left = [...needs];
    return requirements.every((one) => {
      const at = left.findIndex((need) => meets(one, need));
      return at >= 0 && left.splice(at, 1);
    }) ? left : null;
  };

  const REVIEW = /^(entry\.reviewed|query|entries|record|site|audit|text)[./]/;
  const UNLOCKED = "record.unlocked/1", LOCKED = ["record.locked/1", "site.locked/1"];
  /** The entries passed so far, and what the next one is judged by. */
  class Log {
    entries = []; tree = newTree(); roster = new Roster(); time = null; withheld = 0;
    ids = new Map(); commands = new Map(); counters = new Map(); last = new Map(); registered = new Set();
    amending = new Map(); countersigning = new Map(); reviews = new Map();
    heads = []; // the keys of the log, each for the heads of more than `since` entries

    get size() { return this.entries.length; }
    find(id) { return this.entries[this.ids.get(id)]; }
    logTime(one) {
      return this.time === null || (one.kind === "log.clock/1" && one.body.reset) ? one.recordedAt : Math.max(this.time, one.recordedAt);
    }
    add(one) {
      this.tree.add(one.leafBytes);
      this.entries.push(one);
      if (one.withheld) this.withheld++;
      if (!one.payload) return;
      const { command, corrects } = one.payload, first = (map, key, value) => map.has(key) || map.set(key, value);
      const list = (map, key) => { first(map, key, []); map.get(key).push(one); };
      first(this.ids, one.id, one.position);
      first(this.commands, `${command.id} ${command.index}`, one.position);
      for (const { kid, n } of signersOf(one)) first(this.counters, `${kid} ${n}`, one.position);
      this.last.set(one.signatures[0].header.kid, one);
      if (corrects !== null) list(this.amending, corrects.id);
      else if (one.kind === "entry.countersigned/1") list(this.countersigning, one.body.target);
      if (REVIEW.test(one.kind)) list(this.reviews, one.stream);
      if (one.kind === "patient.registered/1") this.registered.add(one.stream);
      this.time = one.logTime = this.logTime(one);
    }
  }

  /** Judge an entry that would stand at the end of the log; `fail(level, code, why)` takes what is wrong. */
  function judge(log, one, fail) {
    const { kind, payload } = one, first = kind === "ledger.created/1", before = log.entries.at(-1);
    if (first !== (log.size === 0)) return fail("L1", "genesis", "the first entry of a ledger, and only it, creates the ledger");
    const roster = first ? new Roster() : log.roster, at = log.logTime(one), { size, root, log: name } = payload.after;
    if (first) roster.enter(one);
    enrolments(one, roster, fail);
    for (const it of signersOf(one)) {
      const why = kind === "registrar.recovered/1" ? notRecovered(one, roster) : cardWrong(roster, it, at);
      if (why) fail("L1", "signer", why);
    }
    if (before && !before.payload && !before.withheld) return fail("L2", "not-judged", "the entry before it cannot be read");
    const open = rests(log, one), judged = (code) => !(open && ["command-broken", "set", "needs", "role"].includes(code));
    const found = (code, why) => judged(code) && fail("L2", code, why);
    if (first) {
      if (name !== "main" || size || root !== EMPTY_ROOT) found("after", "the first entry comes after nothing");
      if (payload.causes.length || payload.corrects || payload.protocol || payload.command.index)
        found("genesis", "the first entry names other entries");
    } else {
      place(log, one, before, found);
      for (const ref of [...payload.causes, ...(payload.corrects ? [payload.corrects] : [])]) refer(log, one, ref, open, found);
    }
    written(one, roster, found);
    closing(log, one, found);
    authority(log, one, found);
    together(log, one, before, found);
  }
  /** Whether an entry rests on withheld ones: names one by its position, or is a later part of what may be withheld. */
  function rests(log, one) {
    const hidden = (parts) => parts > 0 && log.entries.slice(-parts).some((it) => it.withheld), { causes, corrects, command } = one.payload;
    if (!log.withheld) return false;
    return [...causes, corrects].some((ref) => ref && log.entries[ref.position]?.withheld) || hidden(command.index)
      || one.signatures.some(({ header }) => hidden(header.auth.set?.i ?? 0));
  }
  function place(log, one, before, found) {
    const { payload, kind } = one, { command, after } = payload, { roster } = log, signers = signersOf(one);
    if (payload.ledger !== roster.ledger) found("ledger", "the entry belongs to another ledger");
    if (payload.site !== roster.site) found("site", `the entry is of the site ${payload.site}`);
    const [family, whose = payload.site] = one.stream.split("/");
    if (whose !== payload.site && family !== "patient" && family !== "cohort")
      found("site", `the entry of the site ${payload.site} stands on the stream ${one.stream}`);
    const code = { "export.made/1": "export-root", "backup.made/1": "export-root", "backup.restored/1": "export-root", "anchor.made/1": "anchor-root" }[kind];
    if (code && log.tree.roots[one.body.size] !== one.body.root)
      found(code, `what is recorded is not of the first ${one.body.size} entries`);
    if (kind === TURNED || kind === RESTORED) turning(log, one, (why) => found("log-key", why));
    if (log.ids.has(one.id)) found("id-reused", `the entry id already stands at position ${log.ids.get(one.id)}`);
    for (const { kid, n, person } of signers) {
      if (log.counters.has(`${kid} ${n}`)) found("n-reused", `the key of ${person} was used in two places: ${n} stands already`);
    }
    if (log.commands.has(`${command.id} ${command.index}`)) found("command-used", "this part of the command stands already");
    if (!before.withheld) {
      const held = before.payload.command, goes = held.id === command.id && held.index + 1 === command.index;
      if (goes && (held.of !== command.of || !same(before.payload.after, after)))
        found("command-broken", "entries of one command name one number of parts and one after");
      if (!goes && (command.index || held.index + 1 < held.of))
        found("command-broken", "the entries of one command do not stand together");
    }
    if (after.log !== "main") found("after", `after names the log ${after.log}`);
    else if (after.size < 1 || after.size > log.size) found("after", `after names ${after.size} entries; ${log.size} stand before`);
    else {
      if (log.tree.roots[after.size] !== after.root) found("after-root", `after gives another root for its ${after.size} entries`);
      for (const { kid, person } of signers) {
        if (roster.key(kid)?.since >= after.size) found("after-enrolment", `after does not cover the enrolment of ${person}`);
      }
      const own = log.last.get(signers[0].kid);
      if (own?.position >= after.size && own.payload.command.id !== command.id)
        found("after-own", `after does not cover the author's entry at position ${own.position}`);
    }
    for (const { family, kinds } of KINDS[kind].after) {
      const rival = (it) => it.payload && kinds.has(it.kind) && it.payload.command.id !== command.id
        && (family === "any" ? it.stream === one.stream : it.stream.split("/")[0] === family);
      let p = Math.min(after.size, log.size);
      while (p < log.size && !rival(log.entries[p])) p++;
      if (p < log.size)
        found("predicate", `somebody wrote first: ${log.entries[p].kind} at position ${p} was not known when this was signed`);
    }
    if (log.registered.has(one.stream) && kind === "patient.registered/1")
      found("registered", "the patient was already registered");
    const now = Math.max(one.recordedAt, log.time ?? 0) + FIVE_MINUTES, offset = signers[0].at.slice(-6);
    const stated = [payload.occurred, ...(kind === "entry.corrected/1" ? [one.body.occurred] : [])];
    for (const { at, precision } of log.withheld ? [] : stated) {
      if (Date.parse(precision === "minute" ? at : `${at}T00:00:00.000${offset}`) > now)
        found("future", `${at} is later than the entry was recorded`);
    }
    if (kind === "log.clock/1" && one.body.reset) found("clock-reset", "only registrars begin log time anew");
    if (!payload.reason && ["entry.corrected/1", "entry.voided/1", RESTORED, "override.granted/1", "record.unlocked/1", "text.redacted/1"].includes(kind))
      found("reason", `${kind} gives no reason`);
  }
  /** Another key of the log was committed to before; an epoch has a name and a key of its own, and a loss. */
  function turning(log, { kind, body, position }, wrong) {
    const before = log.heads.filter((it) => it.since < position), now = before.at(-1), own = kidOf(body.key);
    const kids = before.filter((it) => it.jwk.crv === "Ed25519").map((it) => kidOf(it.jwk)), { lost, log: name } = body;
    if (!now) return;
    if (kind === TURNED) {
      if (name !== now.origin.split("/").at(-1)) wrong(`the key of ${name} is changed, the log goes on as ${now.origin}`);
      if (own !== now.next) wrong("this is not the key to which the log committed itself before");
    } else {
      if (series(`/${name}`) !== "/main" || epoch(name) <= epoch(now.origin)) wrong(`${name} is no name for the next epoch`);
      if (kids.includes(own)) wrong("an epoch is sealed by a key of its own");
      if (body.size !== log.size || log.tree.roots[body.size] !== body.root) wrong("the entry goes on from another head than that before it");
      if (log.tree.roots[lost.size] === lost.root) wrong(`nothing is lost: the head of ${lost.size} entries is one of this log`);
    }
    if (body.key.crv !== "Ed25519") wrong("heads are signed with Ed25519 keys only");
    if (log.roster.key(own)) wrong("a person or a device holds this key");
    if ([...kids, own].includes(body.next_log_key)) wrong("the key that is committed to was one of the log before");
  }
  /** The device is one of the site; protocol and dictionary are those that the author saw. */
  function written({ kind, payload, signatures }, roster, found) {
    const { protocol, dictionary, after: { size }, writer: { device } } = payload, { role, id } = signatures[0].header.signer;
    const system = role === "system", active = [...roster.devices.values()].some((it) => it.person === device && it.ended === null);
    if (!active || (system && id !== device)) found("device", `${device} is no device of this site, or not the one that signed`);
    if (!size) return;
    const due = roster.packs.findLast(([at]) => at < size)?.[1] ?? null;
    if (!same(protocol, due) && (protocol || !(system || kind === "registrar.recovered/1")))
      found("protocol", "the entry names another protocol than the one in force");
    if (due && dictionary && !roster.dictionaries.some(([at, it]) => at < size && same(it, dictionary)))
      found("dictionary", "no protocol and no loaded dictionary that after covers names this dictionary");
  }
  /** Review and closing: a query is open, a sign-off covers what stands, a lock holds, a redaction names its texts. */
  function closing(log, one, found) {
    const { kind, body, payload, stream } = one, of = (name) => log.reviews.get(name) ?? [];
    const late = (code, why) => log.withheld || found(code, why); // withheld entries decide these too
    const locks = (name) => of(name).filter((it) => LOCKED.includes(it.kind)
      && !of(name).some((end) => end.kind === UNLOCKED && end.body.lock === it.id));
    if (kind === "query.answered/1" || kind === "query.closed/1") {
      if (log.find(body.query)?.kind !== "query.opened/1") late("query", `${body.query} is no query`);
      else if (of(stream).some((it) => it.kind === "query.closed/1" && it.body.query === body.query))
        late("query", `the query #${log.find(body.query).position} was closed before`);
    } else if ((kind === "entries.signed/1" || kind === "audit.reviewed/1") && body.until > payload.after.size) {
      found("range", `after does not cover the positions before ${body.until}`);
    } else if (kind === "entries.signed/1") {
      const inside = log.entries.slice(body.since, body.until).filter((it) => it.stream === stream);
      if (inside.length !== body.entries || hex(sha256(joined(...inside.map((it) => it.leafBytes)))) !== body.digest)
        late("signed-off", `${inside.length} entries of ${stream} stand there; others were signed`);
    } else if (kind === UNLOCKED) {
      const lock = log.find(body.lock);
      if (!lock || !LOCKED.includes(lock.kind)) late("lock", `${body.lock} is no lock`);
      else if (!locks(stream).includes(lock)) late("lock", `the lock #${lock.position} was ended before`);
    } else if (kind === "text.redacted/1") {
      if (payload.reason?.code !== "privacy") found("reason", "a text is deleted for the reason privacy alone");
      const named = payload.causes.map((ref) => log.entries[ref.position]).filter((it) => it?.stream === stream);
      for (const name of body.commitments) {
        const said = of(stream).map((it) => (it.told ?? it).payload);
        const gone = said.some((it) => it.kind === kind && it.body.commitments.includes(name));
        if (gone || !named.some((it) => it.commitments.includes(name)))
          late("redaction", `the text ${name.slice(0, 15)} ${gone ? "was redacted before" : "is of no entry that is named"}`);
      }
    } else if (stream.startsWith("patient/") && kind !== "entry.countersigned/1" && !REVIEW.test((one.told ?? one).payload.kind)) {
      const standing = [...locks(stream), ...locks(`review/${payload.site}`)], passed = new Set(), times = [];
      let about = standing.length ? one : null;
      while (about && !passed.has(about)) {
        if (REVIEW.test(about.kind)) return;
        passed.add(about);
        times.push((about.kind === "entry.corrected/1" ? about.body : about.payload).occurred);
        about = about.payload.corrects && log.find(about.payload.corrects.id);
      }
      const lock = standing.find((it) => times.some((time) => closes(it.body.until, time)));
      if (lock) late("locked", `the record was locked at position ${lock.position} for what happened then`);
    }
  }
  /** Whether what happened then lies in the time that a lock closes; a day is compared with days. */
  function closes(until, { at, precision }) {
    if (until === null) return true;
    if (until.length === 10 || precision === "day") return at.slice(0, 10) <= until.slice(0, 10);
    return Date.parse(at) <= Date.parse(until);
  }
  /** A reference must be that of one entry, and what the body names of the same stream; of a stub the leaf is compared. */
  function refer(log, one, ref, open, found) {
    const { payload } = one, named = ref.position === null ? log.find(ref.id) : log.entries[ref.position];
    if (ref.position === null) {
      if (open && !named) return;
      if (!named || ref.leaf !== null || ref.log !== "main" || named.payload.command.id !== payload.command.id) {
        return found("reference", `${ref.id} is not an earlier entry of the same command`);
      }
    } else {
      if (!named || ref.log !== "main" || named.leaf !== ref.leaf || (!named.withheld && named.id !== ref.id)) {
        return found("reference", `what is named at position ${ref.position} is not the entry that stands there`);
      }
      if (ref.position >= payload.after.size)
        found("reference-after", `after does not cover the entry named at position ${ref.position}`);
    }
    const amended = ref === payload.corrects, answers = ANSWERS.test(one.kind) || one.kind === "audit.reviewed/1";
    const crosses = answers || (payload.stream.startsWith("supply/") && named.stream?.startsWith("patient/"));
    if (named.withheld || !(amended || one.inside.includes(ref.id)) || named.stream === payload.stream || (crosses && !amended)) return;
    found("reference-stream", `${named.kind} belongs to ${named.stream}, not to ${payload.stream}`);
  }
  /** Who may sign what: the needs, the role and meaning of each signature, and what was delegated. */
  function authority(log, one, found) {
    const { kind, payload } = one, row = KINDS[kind], signers = signersOf(one), [author] = signers;
    const about = payload.corrects && log.find(payload.corrects.id);
    const wanted = required(log, one, about).map((it) => row.fact ? { ...it, roles: [...it.roles, ...SETS.SITE] } : it);
    const [later] = KINDS["entry.countersigned/1"].by, home = one.stream === "study" || one.stream === "people";
    const more = beyond(payload.needs, wanted);
    if (!more) found("needs", `the entry does not name every signature that ${kind} requires`);
    else if (kind !== "toxicity.regraded/1" && !home) meetable(log, one, more, found);
    const target = kind === "entry.countersigned/1" && log.find(one.body.target), at = log.logTime(one);
    for (const it of target ? signers : []) {
      const asked = target.payload.needs.some((need) => need.meaning === it.meaning && need.role === it.role);
      if ((it.role === "registrar" && !home) || (it.role === SPONSOR && !asked))
        found("role", `a ${it.role} does not countersign ${target.kind} with the meaning ${it.meaning}`);
    }
    if (target && !log.withheld && KINDS[target.kind].completed && at - target.recordedAt > COMPLETION && one.recordedAt - target.recordedAt <= COMPLETION)
      found("completion-time", "signed as if in time; by log time too late");
    signers.forEach((it, index) => {
      const fits = wanted.some((want) => meets(want, it)), beside = index && meets(later, it) && it.role !== SPONSOR && (it.role !== "registrar" || home);
      if (!fits && !beside) found("role", `a ${it.role} does not sign ${kind} with the meaning ${it.meaning}`);
      if (!row.task || row.fact) return;
      const tasks = index && SETS.PHARMACY.includes(it.role) ? [row.task, "pharmacy"] : [row.task];
      const held = (at) => tasks.some((task) => log.roster.delegated(it.person, task, at));
      if (!held(payload.occurred.at) || !held(`${it.at.slice(0, 16)}${it.at.slice(-6)}`))
        found("delegation", `${row.task} was not delegated to ${it.person}`);
    });
    if (new Set(signers.map((it) => it.person)).size < signers.length)
      found("same-person", "one person has signed the entry twice");
    const named = payload.needs.some((need) => need.meaning === author.meaning && need.role === author.role);
    if (!named) found("author", `the entry does not name the signature of its author ${author.person}`);
    if (!row.fact && !row.completed && missing(payload, signers).length)
      found("incomplete", `${kind} lacks a signature that it needs`);
  }
  /** What nothing requires is asked for only of people who are there. */
  function meetable(log, one, more, found) {
    const { performed_by: other } = one.payload, { roster } = log, [{ meanings }] = KINDS["entry.countersigned/1"].by;
    const signed = new Set(signersOf(one).map((it) => it.person)), day = new Date(log.logTime(one)).toISOString().slice(0, 10);
    const unmet = missing(one.payload, signersOf(one));
    const free = (role) => new Set([...roster.keys.values()].filter((key) => key.ended === null && (key.until === null || day <= key.until)
      && !signed.has(key.person) && roster.people.get(key.person).roles.includes(role)).map((key) => key.person)).size;
    for (const need of more) {
      if ((need.meaning === "performed" && other !== null) || !unmet.some((it) => same(it, need))) continue;
      const asked = unmet.filter((it) => it.role === need.role).length;
      if (!SETS.SITE.includes(need.role) || !meanings.includes(need.meaning) || free(need.role) < asked)
        found("needs", `the entry asks for a signature that nobody can give: ${need.meaning} by a ${need.role}`);
    }
  }
  /** Entries signed by one act: together, in one stream, under one digest. */
  function together(log, one, before, found) {
    const headers = (it) => it.signatures.map(({ header }) => header);
    const follows = (held, it) => headers(it).find(({ kid, auth: { act, set } }) => {
      const kept = held.auth.set;
      return set && kept && same([kid, act, set.digest, set.of, set.i], [held.kid, held.auth.act, kept.digest, kept.of, kept.i + 1]);
    });
    for (const held of before?.payload ? headers(before) : []) {
      const { set } = held.auth;
      if (set && set.i + 1 < set.of && !follows(held, one))
        found("set", `${held.signer.id} signed ${set.of} entries together; ${set.i + 1} of them stand here`);
    }
    for (const header of headers(one)) {
      const { set } = header.auth, digests = [one.digest()];
      if (!set) continue;
      if (set.i >= set.of || set.of < 2 || set.of > 8) { found("set", "2 to 8 entries can be signed together"); continue; }
      let [later, mark] = [one, header];
      for (let back = 1; back <= set.i && later; back++) {
        const it = log.entries[log.size - back], match = it?.payload && headers(it).find((held) => follows(held, later) === mark);
        if (match && it.stream === one.stream) digests.unshift(it.digest());
        else found("set", "the entries that were signed together do not stand together");
        [later, mark] = match && it.stream === one.stream ? [it, match] : [];
      }
      if (later && set.i + 1 === set.of && hex(sha256(joined(...digests))) !== set.digest)
        found("set", "other entries were signed together than those that stand here");
    }
  }

  // ------------------------------------------------------------------------------------------------- the whole copy

  const CHECKED = [
    "bytes", "signatures", "keys", "tree", "checkpoints", "texts", "blobs", "needs", "delegation", "after", "references", "predicates", "counters",
  ];
  const NOT_CHECKED = [
    "what a correction, a void, a ruling or a countersignature may name, and when (corrects, not-head, amendment-waits, ruling)",
    "whether what was compared with its source still stood (source)",
    "lost entries that came back: their own signatures, and whether they may (recovered-entry)",
    "separation of duties on one dose (separation), and the approval of a regrade",
    "acts about keys, registrars and policy beyond their signatures (key-reused, roles-mixed, quorum)",
    "the rules of the protocol, and what is derived from the entries",
    "notices: Unicode normal form, time zones, counters that never arrived",
  ];
  const pause = () => new Promise((resume) => setTimeout(resume, 0));

  /**
   * Verify a copy (docs/spec/copy.md): `entries` a text for each line; `texts` and `checkpoints` objects as they stand
   * in its lines; `blobs` bytes by digest. `outside` is what the reader holds himself: the id of the `ledger`, the
   * `logKey` (a verifier key), a `trusted` checkpoint (a signed note), keys of `witnesses` (lines); `onProgress(done, total)` is told how far it is.
   */
  async function verify({ entries: lines, texts = [], checkpoints = [], blobs = {} }, outside = {}) {
    const log = new Log(), findings = [], keys = new Map(), supported = await able(), size = lines.length;
    const put = (level, code, why, position = null, kind = null) => { findings.push({ level, code, why, position, kind }); };
    const kept = { texts: new Map(), heads: new Map(), blobs: new Map(Object.entries(blobs)) }; // of what stands twice the last
    const form = { commitment: /^sha256:[0-9a-f]{64}$/, salt: /^[0-9a-f]{64}$/, text: /^/ };
    for (const it of texts) {
      if (sound(it, form)) kept.texts.set(it.commitment, it);
      else put("L1", "copy", "a text of the copy is not in its form");
    }
    for (const it of checkpoints) {
      if (sound(it, { size: null, note: /^/ }) && Number.isSafeInteger(it.size) && it.size >= 1) kept.heads.set(it.size, { ...it });
      else put("L1", "copy", "a checkpoint of the copy is not in its form");
    }
    if (!size) put("L1", "empty", "the copy holds no entries");
    const absent = [], redacted = new Map(), named = new Set(), unsealed = new Set(); // texts that are not here, and the redactions that may say why
    const { heads } = log; // the log's own name and its keys come from its entries
    let waiting = null;
    try {
      for (let start = 0, stop = 1; start < size && (heads.length || !start); start = stop, stop += CHUNK) {
        const run = lines.slice(start, stop).map((line, at) => looked(line, start + at));
        run.forEach(turn);
        const under = (one) => [one.payload && begin(one, keys, supported), heads.length && checkHead(kept.heads.get(one.position + 1), heads), evidence(one)];
        const ready = Promise.all(run.flatMap(under)).then(() => run);
        if (waiting) (await waiting).forEach(pass);
        waiting = ready;
        outside.onProgress?.(log.size, size);
        if (start) await pause();
      }
      if (waiting) (await waiting).forEach(pass);
      if (heads.length) ended();
    } catch (error) { // no bytes may end an inspection without a finding
      put("L1", "unreadable", String(error), log.size);
    }
    outside.onProgress?.(log.size, size);
    const head = heads.at(-1), made = { ledger: log.roster.ledger, origin: head?.origin ?? "", size, root: log.tree.roots[log.size] };
    const anchor = await anchored(log, outside), behind = size - log.size;
    if (anchor.why) put("L1", anchor.verdict, anchor.why);
    const anchors = heads.length ? await anchorsOf(log, kept.blobs, outside, supported) : [], vouched = vouchedFor(log, anchors, outside);
    for (const one of anchors.filter(({ state }) => state === "wrong"))
      put("L1", "anchor", `the evidence (witness by ${one.authority}): ${one.why}`, one.entry, "anchor.made/1");
    if (vouched && !anchor.why) anchor.verdict = "ok";
    findings.sort((a, b) => (a.position ?? Infinity) - (b.position ?? Infinity) || (a.level < b.level ? -1 : Number(a.level > b.level)));
    const inside = findings.some((it) => it.code !== "fork" && it.code !== "stale"), { roster } = log;
    const left = [
      !supported && "signatures: this browser does not check Ed25519", ...NOT_CHECKED, !outside.trusted && !vouched && "outside anchors",
      log.withheld > 0 && `${log.withheld} withheld entries: their hashes stand in the tree, their content was not seen`,
      log.withheld > 0 && "what rests on withheld entries, and future behind the first of them",
      behind > 0 && `${behind} entries behind position ${log.size - 1}`,
    ];
    const entries = shown(log), doubted = {
      disputed: "its signer has not answered for it since the key was revoked", repudiated: "its signer says that he did not sign it",
    };
    const notices = entries.filter((one) => one.doubt).map(({ position, payload, doubt }) => (
      { level: "L2", code: doubt, why: doubted[doubt], position, kind: payload.kind }));
    for (const { position, payload } of entries.filter((one) => one.payload?.kind === RESTORED)) {
      const { lost: { size: most, root }, log: name } = payload.body, why = `what was sealed up to ${most} entries, root ${root}, is given up; ${name} goes on`;
      notices.push({ level: "L2", code: "restored", why, position, kind: RESTORED });
    }
    return {
      verdict: inside ? "failed" : !supported ? "unsupported" : anchor.verdict, ...made, logKey: head && head.jwk.y === null ? vkey(head) : "",
      checked: supported ? CHECKED : CHECKED.filter((it) => it !== "signatures"), notChecked: left.filter(Boolean),
      findings, notices, firstBad: findings.find((it) => it.position !== null) ?? null, entries, anchors,
      texts: Object.fromEntries([...kept.texts].filter(([, it]) => committed(it)).map(([commitment, it]) => [commitment, it.text])),
      people: [...roster.people.values()], keys: [...roster.keys.values(), ...roster.devices.values()], delegations: roster.delegations,
    };

    function looked(line, position) {
      const stub = /^\{"withheld":"([0-9a-f]{64})"\}$/.exec(line), leafBytes = stub ? unhex(stub[1]) : leafOf(line);
      const place = { position, withheld: Boolean(stub), leafBytes, leaf: hex(leafBytes) };
      try {
        return stub ? place : { ...place, ...open(line) };
      } catch (error) { return { ...place, error: String(error.message) }; }
    }
    /** Take the key of the log that an entry names: it seals the heads that cover the entry. */
    function turn({ position, kind, body, leaf }) {
      const first = !position && kind === "ledger.created/1", last = heads.at(-1);
      if (!first && !(last && (kind === TURNED || kind === RESTORED))) return;
      const origin = first ? `doseledger/${body.trial}/${leaf.slice(0, 32)}/main` : kind === RESTORED ? last.origin.replace(/[^/]*$/, body.log) : last.origin;
      heads.push({ since: position, origin, jwk: first ? body.log_key : body.key, next: body.next_log_key, lost: body.lost ?? null, supported });
    }
    /** Open the note of what was lost, by the keys of before. */
    async function evidence(one) {
      const bytes = one.kind === RESTORED && one.body.evidence !== null && kept.blobs.get(one.body.evidence);
      if (!bytes) return;
      try {
        const { size: most, root } = await everNote(text8(bytes), heads.filter((it) => it.since < one.position)), { lost } = one.body;
        if (most !== lost.size || root !== lost.root) one.unproved = "the note of what was lost is of another head";
      } catch (error) { one.unproved = `the note of what was lost is no head of this log: ${error.message}`; }
    }
    function pass(one) {
      const before = findings.length, fail = (level, code, why) => put(level, code, why, one.position, one.kind ?? null);
      if (one.error) fail("L1", "bytes", one.error);
      else if (one.payload) passEntry(one, fail);
      else if (!one.position) fail("L1", "genesis", "the first entry is withheld: nothing can be judged without it");
      const sane = findings.slice(before).every((it) => it.level !== "L1"), it = kept.heads.get(one.position + 1);
      log.add(one);
      if (one.payload && sane) log.roster.enter(one);
      if (it?.error) fail("L1", "checkpoint", `the checkpoint of ${it.size} entries: ${it.error}`);
      else if (it?.head && (it.head.size !== log.size || it.head.root !== log.tree.roots[log.size]))
        fail("L1", "root", `the signed checkpoint of ${it.size} entries gives another root`);
    }
    function passEntry(one, fail) {
      if (one.position || one.kind === "ledger.created/1") {
        const why = keysWrong(one, log.roster);
        if (why) fail("L1", "key", why);
        else if (supported) one.signatures.forEach(({ header }, at) => {
          if (!one.made[at]) fail("L1", "signature", `${header.signer.id}: not made by this key over these bytes`);
        });
        if (why) one.made = one.made.map(() => false);
      }
      const before = findings.length;
      judge(log, one, fail);
      const told = (one.told ?? one).payload;
      if (told.kind === "text.redacted/1" && findings.length === before) {
        for (const commitment of told.body.commitments) if (!redacted.has(commitment)) redacted.set(commitment, one);
      }
      for (const commitment of one.commitments) {
        const it = kept.texts.get(commitment);
        if (!it) absent.push({ commitment, position: one.position, kind: one.kind });
        else if (!committed(it)) fail("L1", "text", `the text behind ${commitment.slice(0, 15)}... is not the one committed to`);
      }
      const seen = one.payload.after.size;
      if (seen > 0 && seen <= one.position && !kept.heads.has(seen) && !unsealed.has(seen)) {
        put("L1", "checkpoint", `no signed checkpoint of ${seen} entries is there, and #${one.position} was written after it`, seen - 1);
        unsealed.add(seen);
      }
      for (const digest of digestsOf(one)) {
        named.add(digest);
        const bytes = kept.blobs.get(digest);
        if (!bytes || hex(sha256(bytes)) !== digest)
          fail("L1", "blob", `the bytes with the digest ${digest.slice(0, 8)}... are missing or others`);
        else if (one.unproved) fail("L1", "anchor", one.unproved);
      }
    }
    function ended() {
      for (const { commitment, position: at, kind: of } of absent) {
        if (!redacted.has(commitment)) put("L1", "text", `the text behind ${commitment.slice(0, 15)}... is missing`, at, of);
      }
      for (const [commitment, it] of redacted) {
        if (kept.texts.has(commitment))
          put("L1", "text", `the text behind ${commitment.slice(0, 15)}... is there although it was redacted`, it.position, it.kind);
      }
      if (!log.withheld)
        for (const digest of kept.blobs.keys()) if (!named.has(digest)) put("L1", "blob", `no entry names the file ${digest.slice(0, 12)}...`);
      const { position, kind, payload, signatures = [] } = log.entries.at(-1), stray = Math.max(...kept.heads.keys(), 0);
      if (stray > size) put("L1", "checkpoint", `a checkpoint of ${stray} entries is there; ${size} are here`, position);
      if (!kept.heads.has(size)) put("L1", "checkpoint", `no signed checkpoint of all ${size} entries is there`, position);
      const { index, of } = payload?.command ?? { index: 0, of: 1 };
      if (index + 1 !== of) put("L2", "command-broken", `the command ends at part ${index + 1} of ${of}`, position, kind);
      for (const { header: { auth: { set } } } of signatures) {
        if (set && set.i + 1 < set.of)
          put("L2", "set", `of ${set.of} entries signed together the last are missing`, position, kind);
      }
    }
  }
  /** Whether a line of the copy has exactly these members; null takes any value. */
  const sound = (it, shape) => it !== null && typeof it === "object" && Object.keys(it).length === Object.keys(shape).length
    && Object.entries(shape).every(([name, form]) => form === null ? name in it : typeof it[name] === "string" && form.test(it[name]));
  const committed = ({ commitment, salt, text }) => `sha256:${hex(sha256(joined(unhex(salt), utf8(text))))}` === commitment;
  async function checkHead(it, heads) {
    try { if (it) it.head = await checkedNote(it.note, heads.findLast(({ since }) => since < it.size)); } catch (error) { it.error = String(error.message); }
  }
  const vkey = ({ origin, jwk }) => {
    const raw = unbase64(jwk.x), typed = base64url(joined([1], raw)).replaceAll("-", "+").replaceAll("_", "/");
    return `${origin}+${keyId(origin, raw)}+${typed}`;
  };
  /** The key of a witness in the line NAME+ID+KEY (C2SP tlog-cosignature), as the entries write keys. */
  function witnessKey(line) {
    const [, name, id, typed] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(line.trim()) ?? malformed("this is no key of a witness");
    const data = padded(typed), key = { crv: "Ed25519", kty: "OKP", x: base64url(data.slice(1)), y: null };
    if (data.length !== 33 || data[0] !== 4 || witnessId({ name, key }) !== id) malformed("this is no key of a witness");
    return { name, key };
  }
  const witnessId = ({ name, key }) => hex(sha256(joined(utf8(`${name}\n`), [4], unbase64(key.x))).slice(0, 4));
  /** The time at which a witness cosigned a head; null where no line says so, Malformed for one that is not his. */
  async function cosignedAt(head, witness) {
    let first = null;
    for (const { name, id, signature } of head.signatures) {
      if (name !== witness.name || id !== witnessId(witness)) continue;
      const at = signature.length === 72 ? Number(big(signature.slice(0, 8))) : -1;
      if (at < 0 || at > 7_258_118_399 || !await made(witness.key, `cosignature/v1\ntime ${at}\n${head.body}`, signature.slice(8)))
        malformed(`the cosignature by ${name} was not made by its key over this head`);
      first = first === null ? at : Math.min(first, at);
    }
    return first;
  }
  /** The witnesses that the first entry names, each key once, under the first of its names. */
  const firstWitnesses = (log) => (log.entries[0]?.body?.witnesses?.keys ?? []).filter(({ key }, at, all) =>
    key.crv === "Ed25519" && all.findIndex((one) => one.key.x === key.x) === at);
  /** Every anchor in the log with what its evidence is worth here; time stamps are listed, openssl reads them. */
  async function anchorsOf(log, blobs, { ledger, witnesses = [] }, supported) {
    const first = firstWitnesses(log), sure = witnesses.map(witnessKey), found = [];
    const given = new Map(sure.map(({ name, key }) => [name, key.x])); // under a name that was given, no other key is known
    const site = new Set([...log.heads, ...log.roster.keys.values(), ...log.roster.devices.values()].map(({ jwk }) => jwk.x)); // nobody outside
    if (ledger && ledger === log.roster.ledger) sure.push(...first.filter(({ name, key }) => (given.get(name) ?? key.x) === key.x && !site.has(key.x)));
    for (const { position, kind, body } of log.entries) {
      if (kind !== "anchor.made/1") continue;
      const { form, size, root, authority, at, evidence } = body, put = (state, why, known = false) => {
        found.push({ entry: position, form, size, root, authority, at, state, known, why });
      };
      const bytes = evidence === null ? undefined : blobs.get(evidence);
      if (form === "paper") put("unchecked", "on paper, which is elsewhere");
      else if (!bytes || hex(sha256(bytes)) !== evidence) put("unchecked", "its evidence is not at hand");
      else if (form === "timestamp") put("unchecked", "time stamps are not read here: openssl ts -verify, or doseledger verify --tsa-root");
      else if (!supported) put("unchecked", "this browser does not check Ed25519");
      else {
        const policies = log.entries.slice(0, size).filter((one) => one.kind === "policy.amended/1").map((one) => one.body.witnesses.keys);
        const named = [...sure, ...first, ...policies.flat()].filter((one) => one.name === authority);
        try {
          const head = await checkedNote(new TextDecoder("utf-8", { fatal: true }).decode(bytes), log.heads.findLast(({ since }) => since < size));
          if (head.size !== size || head.root !== root) malformed("the cosigned note is of another head");
          let state = named.length ? null : ["unchecked", "the registrars named no such witness, and nobody gave its key"];
          for (const one of named) {
            const seconds = state ? null : await cosignedAt(head, one);
            if (seconds === null) continue;
            if (seconds * 1000 !== Date.parse(at)) malformed("the cosignature states another time");
            state = sure.includes(one) ? ["good", "its cosignature holds", true] : ["good", "its cosignature holds, by a key that this ledger names itself"];
          }
          put(...(state ?? malformed(`the note bears no cosignature of ${authority}`)));
        } catch (error) { put("wrong", String(error.message)); }
      }
    }
    return found;
  }
  /** How many entries evidence vouches for whose key is known from outside: of a given witness, or of the first entry's quorum. */
  function vouchedFor(log, anchors, { witnesses = [] }) {
    const good = anchors.filter((one) => one.known && one.state === "good" && log.tree.roots[one.size] === one.root);
    const given = new Set(witnesses.map((line) => witnessKey(line).name)), newest = new Map();
    for (const { authority, size } of good) newest.set(authority, Math.max(newest.get(authority) ?? 0, size));
    const { quorum = 0 } = log.entries[0]?.body?.witnesses ?? {};
    const sizes = [...new Set(firstWitnesses(log).map(({ name }) => name))].filter((name) => newest.has(name)).map((name) => newest.get(name)).sort((a, b) => b - a);
    const alone = [...newest].filter(([name]) => given.has(name)).map(([, size]) => size);
    return Math.max(0, ...alone, quorum > 0 && quorum <= sizes.length ? sizes[quorum - 1] : 0);
  }
  /** The verdict where nothing inside is wrong, and why it is not a good one. */
  async function anchored(log, { ledger, logKey, trusted }) {
    const fork = (why) => ({ verdict: "fork", why }), { heads } = log, alone = ledger || logKey ? "ok-unanchored" : "self-consistent";
    if (!heads.length) return { verdict: "self-consistent" };
    if (ledger && ledger !== log.roster.ledger) return fork(`this is the ledger ${log.roster.ledger}, not the one that was expected`);
    const named = heads.filter(({ jwk }) => jwk.y === null).map(vkey);
    if (logKey && !named.includes(logKey.trim())) return fork("the key of the log is not the one that was expected");
    if (!trusted) return { verdict: alone };
    try {
      const said = openNote(trusted), later = (said.size > log.size || givenUp(said, heads)) && series(said.origin) === series(heads[0].origin);
      const kept = await everNote(trusted, heads).catch((error) => { if (later) return said; throw error; });
      if (givenUp(kept, heads)) return { verdict: alone };
      if (kept.size > log.size) return { verdict: "stale", why: `the trusted checkpoint saw ${kept.size} entries; only ${log.size} are here` };
      if (kept.root !== log.tree.roots[kept.size]) return fork(`the trusted checkpoint of ${kept.size} entries has another root`);
      return { verdict: "ok" };
    } catch (error) { return fork(`the trusted checkpoint is not of this ledger: ${error.message}`); }
  }

  // -------------------------------------------------------------------------------- what a page shows, and recounts

  /**
   * The entries as a page shows them. `lacks`: the needs that no signature in time has met (INCOMPLETE); `completedAt`: the
   * position of the signature that met the last one, or null; `voidedBy`, `correctedBy`: the positions of the void and the
   * newest correction in effect; `doubt`: disputed or repudiated; `logTime`: T at its position, milliseconds UTC; `told`:
   * payload and signers of the lost entry that came back in it, or null.
   */
  function shown(log) {
    const made = log.entries.map((one) => {
      const { position, leaf, withheld, payload, error = null, occurredAt, recordedAt, logTime } = one;
      if (!payload) return { position, leaf, withheld, error, payload: null, signers: [] };
      const signers = one.signatures.map(({ header }, at) => ({ header, ok: one.made[at] }));
      const fate = { ...completion(log, one), voidedBy: null, correctedBy: null, doubt: log.roster.doubt(one) };
      return { position, leaf, withheld, error, payload, signers, told: one.told, occurredAt, recordedAt, logTime, ...fate };
    });
    for (const one of [...made].reverse()) { // an amendment only names earlier entries: what could touch it is decided
      const { kind, corrects } = one.payload ?? {}, named = made[log.ids.get(corrects?.id)];
      if (!named?.payload || one.completedAt === null || one.voidedBy !== null) continue;
      if (kind === "entry.voided/1") named.voidedBy ??= one.position;
      if (kind === "entry.corrected/1") named.correctedBy ??= one.correctedBy ?? one.position;
    }
    return made;
  }
  function completion(log, one) {
    const signers = [...signersOf(one)], later = log.countersigning.get(one.id) ?? [];
    const until = KINDS[one.kind].completed ? COMPLETION : Infinity;
    if (!missing(one.payload, signers).length) return { lacks: [], completedAt: one.position };
    for (const it of later.filter((it) => it.recordedAt - one.recordedAt <= until)) {
      signers.push(...signersOf(it));
      if (!missing(one.payload, signers).length) return { lacks: [], completedAt: it.position };
    }
    return { lacks: missing(one.payload, signers), completedAt: null };
  }

  /** Compare two decimals of the record: below zero, zero or above, as a - b is. */
  const compare = (a, b) => Number(scaled(a) - scaled(b));
  const scaled = (text) => { // in units of 10^-9, exactly
    const [, sign, whole, part = ""] = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(text) ?? malformed(`${text} is not a decimal`);
    return BigInt(`${sign}${whole}${part.padEnd(9, "0")}`);
  };
  /** The members of a payload or a part of one as [path, value], in their order: `occurred.at`, `needs.0.role`. */
  function fields(value, path = "") {
    if (value === null || typeof value !== "object" || !Object.keys(value).length) return [[path, value]];
    return Object.entries(value).flatMap(([name, inside]) => fields(inside, path ? `${path}.${name}` : name));
  }

  /**
   * The step-up course of every patient counted again from the entries alone, as they were known when the log had `size`
   * entries (DOMAIN: A-COUNTS, A-LADDER, A-GAP, A-STEPOK; limits are those of the pack in force). Every infusion that was
   * started counts, unless 0 mg were given and a pharmacist verified it. A finding `recount` is a dose above `most`, or
   * a step without the dose before it tolerated and given to nine tenths. Toxicities linked later are not read here.
   */
  function recount(entries, { size = entries.length, drug = "alemtuzumab", most = 12, steps = ["3", "10", "30"], gap = 7 } = {}) {
    const patients = {}, findings = [];
    for (const [patient, facts] of effective(entries, size)) {
      const doses = dosesOf(facts, steps).filter((it) => it.drug === drug && !it.nothing), heights = steps.map((step) => scaled(step));
      let due = 0, before = null;
      doses.forEach((dose, at) => {
        const fail = (rule, why) => findings.push({ code: "recount", rule, patient, position: dose.position, why });
        const lapsed = before && (Date.parse(dose.on) - Date.parse(before.on)) / DAY >= gap;
        const known = heights.indexOf(scaled(dose.step)), place = known < 0 ? steps.length - 1 : known;
        if (lapsed) due = 0;
        if (place > due) fail(lapsed ? "A-GAP" : "A-LADDER", `${dose.step} mg where ${steps[due]} mg was due`);
        if (at >= most) fail("A-COUNT", `dose ${at + 1} of at most ${most}`);
        const passed = dose.tolerated && scaled(dose.given) * 10n >= heights[place] * 9n;
        due = passed ? Math.min(place + 1, steps.length - 1) : Math.min(place, due);
        before = dose;
      });
      patients[patient] = { counted: doses.length, remaining: Math.max(0, most - doses.length), doses };
    }
    return { patients, findings };
  }
  /** For every patient the facts in clinical order, with the corrections, voids and signatures of the first `size` entries. */
  function effective(entries, size) {
    const seen = entries.slice(0, size).filter((one) => one.payload?.stream.startsWith("patient/"));
    const voided = new Set(), newest = new Map(), later = new Map(), streams = new Map();
    for (const one of [...seen].reverse()) {
      const { payload: { id, kind, corrects, stream, body, occurred }, signers } = one.told ?? one, about = corrects?.id;
      const stands = one.completedAt !== null && one.completedAt < size;
      if (voided.has(id) || (KINDS[kind].completed && !stands)) continue;
      if (kind === "entry.countersigned/1") later.set(body.target, [...(later.get(body.target) ?? []), ...one.signers]);
      else if (kind === "entry.voided/1") voided.add(about);
      else if (kind === "entry.corrected/1") { if (!newest.has(about)) newest.set(about, newest.get(id) ?? one.payload.body); }
      else {
        const said = newest.get(id) ?? { kind, body, occurred }, at = said.occurred.at, patient = stream.slice("patient/".length);
        const placed = at.length === 10 ? Date.parse(`${at}T23:59:59.999${signers[0].header.at.slice(-6)}`) : Date.parse(at);
        if (!streams.has(patient)) streams.set(patient, []);
        const signed = [...signers, ...(later.get(id) ?? [])];
        streams.get(patient).push({ id, kind: said.kind, body: said.body, on: at.slice(0, 10), placed, position: one.position, signed });
      }
    }
    for (const facts of streams.values()) facts.sort((a, b) => a.placed - b.placed || a.position - b.position);
    return [...streams].sort(([a], [b]) => (a < b ? -1 : 1));
  }
  function dosesOf(facts, steps) {
    const orders = new Map(), doses = new Map();
    for (const { id, kind, body, on, position, signed } of facts) {
      const verified = signed.some(({ header: { meaning, signer } }) => meaning.code === "verified" && signer.role === "pharmacist");
      const order = orders.get(body.order), dose = doses.get(body.dose);
      if (kind === "dose.ordered/1") orders.set(id, { drug: body.drug, step: body.step_mg, prepared: null });
      else if (kind === "order.amended/1" && order) order.step = body.step_mg;
      else if (kind === "dose.released/1" && order) order.prepared = body.prepared_mg;
      else if (kind === "infusion.started/1" && order) doses.set(id, { position, on, ...order, given: null, tolerated: null });
      else if (kind === "infusion.recorded/1") {
        const { drug, given_mg: given, prepared_mg: prepared } = body, nothing = given !== null && !scaled(given) && verified;
        doses.set(id, { position, on, drug, step: order?.step ?? null, given, prepared: prepared ?? order?.prepared ?? null, tolerated: null, nothing });
      } else if (/^infusion\.(completed|aborted)\/1$/.test(kind) && dose) {
        Object.assign(dose, { given: body.given_mg, nothing: !scaled(body.given_mg) && verified });
      } else if (kind === "tolerance.assessed/1" && dose) dose.tolerated = body.tolerated;
    }
    return [...doses.values()].map((it) => {
      const amount = it.prepared ?? it.given ?? it.step ?? "0"; // an unnamed step: the least that it exceeds by no more than a ninth
      const step = it.step ?? steps.find((mg) => scaled(amount) * 9n <= scaled(mg) * 10n) ?? steps.at(-1);
      return { ...it, step, given: it.given ?? it.prepared ?? step };
    });
  }

  // `parts` are for the tests on the published vectors.
  globalThis.doseledger = { verify, open, recount, compare, fields, sha256, hex, parts: { openJws, weakness, made, checkedNote, newTree } };
})();
