package synth

// contracts and statutes are the two legal domains.
var (
	contracts = lexicon{
		people: list(`lessee lessor licensee licensor assignee assignor guarantor creditor debtor insurer borrower lender
			vendor purchaser franchisee supplier distributor consignee indemnitor trustee beneficiary mortgagee escrowee
			subcontractor promisor promisee shipper surety`),
		things: list(`premises deed lien escrow royalty invoice deposit collateral warranty covenant leasehold easement
			consignment severance arrears debenture schedule annex appendix remuneration policy patent trademark dividend
			mortgage fixture shipment equity`),
		toThing: verbs(`assign disclose terminate remit encumber sublet furnish execute deliver redeem forfeit novate
			withhold/withheld/withheld renew mortgage endorse reimburse surrender amend notarize`),
		toHuman: verbs(`indemnify notify reimburse release compensate engage sue discharge designate consult`),
		places:  phrases(`within the territory; at the closing; at the registered office; under this agreement; in the schedule; upon delivery; at the site`),
		times: phrases(`within thirty days; upon written notice; during the term; at the effective date; prior to closing;
			after the expiry; in each quarter; from time to time`),
		manner:  list(`forthwith duly expressly jointly severally irrevocably solely exclusively`),
		quality: list(`outstanding tangible exclusive perpetual prior written binding secured unpaid joint`),
	}
	statutes = lexicon{
		people: list(`registrar commissioner tribunal applicant licensing-board magistrate inspector petitioner appellant
			respondent bailiff taxpayer constable custodian registrant assessor auditor ombudsman citizen prosecutor
			defendant juror notary sheriff`),
		things: list(`register levy permit certificate levy tariff assessment docket petition ordinance by-law writ summons
			affidavit excise franchise census quota warrant subsidy vessel firearm estate tenement statement return`),
		toThing: verbs(`enact repeal levy certify revoke promulgate impound seize adjudicate enforce audit confiscate
			notify exempt file prescribe enroll publish annul suspend`),
		toHuman: verbs(`summon detain fine exempt license disqualify prosecute examine arraign appoint`),
		places:  phrases(`within the district; before the court; under this act; in the gazette; at a hearing; within the jurisdiction`),
		times: phrases(`in each fiscal year; upon conviction; on application; within sixty days; until repealed; after due notice;
			at the commencement`),
		manner:  list(`lawfully summarily unlawfully wilfully knowingly duly publicly`),
		quality: list(`unlawful statutory pending public municipal taxable dutiable registered`),
	}
)

// clinic and ward are the two medical domains.
var (
	clinic = lexicon{
		people: list(`physician surgeon midwife radiologist oncologist pediatrician dentist therapist intern resident
			outpatient paramedic caregiver anesthetist`),
		things: list(`fever cough rash migraine nausea fatigue dizziness asthma arthritis anemia bronchitis eczema insomnia
			tinnitus vertigo reflux sinusitis gout`),
		places: phrases(`in the left knee; in the right hand; over the abdomen; in both lungs; in the lower back; at the wrist`),
		times:  phrases(`since admission; on examination; at rest; after exertion; for two weeks; overnight; at follow-up`),
		manner: list(`currently clinically mildly acutely`),
	}
	ward = lexicon{
		people: list(`patient infant mother veteran smoker inpatient gentleman lady adolescent donor recipient`),
		things: list(`edema sepsis pneumonia effusion thrombosis ischemia stenosis jaundice hematoma embolism infarct
			hypertension tachycardia fibrosis neuropathy necrosis cyanosis ascites`),
		places: phrases(`in the left lobe; of the aorta; at the stoma; in the upper airway; of the renal artery; near the suture`),
		times:  phrases(`post surgery; on day three; at discharge; on telemetry; after intubation; per the scan`),
		manner: list(`presently grossly bilaterally markedly`),
	}
	ailments = lexicon{
		people: list(`baker nurse clerk driver teacher farmer painter cook gardener singer student neighbor visitor child
			uncle aunt cousin widow sailor runner dancer writer guest grandfather swimmer coach`),
		things: list(`fever cough headache cold rash toothache backache burn bruise blister cramp itch sunburn limp sneeze
			fracture infection allergy swelling splinter earache stiffness`),
		places: phrases("in the arm; in the leg; on the hand; in the neck; on the foot; in the shoulder"),
		times:  phrases("since monday; this week; at night; after lunch; in winter; today; since spring"),
		manner: list("still again now often"),
	}
)

// merge joins two stocks; a domain is its own words and what everybody says.
func merge(a, b lexicon) lexicon {
	return lexicon{
		people:  union(a.people, b.people),
		things:  union(a.things, b.things),
		toThing: union(a.toThing, b.toThing),
		toHuman: union(a.toHuman, b.toHuman),
		places:  union(a.places, b.places),
		times:   union(a.times, b.times),
		manner:  union(a.manner, b.manner),
		quality: union(a.quality, b.quality),
	}
}

// union keeps the first of equal elements, in order.
func union[T comparable](a, b []T) []T {
	seen := make(map[T]bool)
	var out []T
	for _, v := range append(append([]T(nil), a...), b...) {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
