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
+ dose.omitted/1 dose.ordered/1 entry.corrected/1 entry.countersigned/1 entry.voided/1 hold.placed/1 infusion.recorded/1
+ infusion.started/1 lab.measured/1 order.amended/1 order.cancelled/1 override.granted/1 patient.died/1
+ patient.measured/1 response.assessed/1 seriousness.assessed/1 tolerance.assessed/1 toxicity.graded/1
+ toxicity.regraded/1 treatment.ended/1
set SLOTS_PATIENT consent.withdrawn/1 dlt.adjudicated/1 entry.corrected/1 entry.countersigned/1 entry.voided/1
+ patient.declared-non-evaluable/1 patient.died/1 patient.enrolled/1
set SLOTS_COHORT accrual.resumed/1 accrual.suspended/1 cohort.decided/1 level.opened/1
set SITE investigator principal-investigator pharmacist pharmacy-technician nurse coordinator data-manager
set PHYSICIANS investigator principal-investigator
set PHARMACY pharmacist pharmacy-technician
set DATA coordinator data-manager
set FACT authorship performed transcribed
set OUTSIDE monitor sponsor-medical sponsor inspector
set OWN_ENDINGS attempts clock cohort exports people security study
set REFERENCES delegation dose export factors graded hold opened order overrides reverses source target targets
+ toxicities toxicity
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
kind entry.refused/1 attempts by=system:system : act:Token streams:Stream* rules:RuleId* exit:Count claimed_by:Token?
+ proof:none|key-opened|signed signature:Hex? input:Commitment answer:Commitment count:Count
kind log.clock/1 clock by=system:system : behind_ms:Count reset:Bool
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
kind signature.abandoned/1 security by=system:system : key_id:Kid n:Count*
"""
# </table>
