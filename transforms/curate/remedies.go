package curate

import "decoy/schemas"

// Remedies say of each reason what a person can do about it.
var Remedies = map[schemas.Reason]string{
	ReasonAbstain: "give whole repositories, in which names can be looked up; or accept abstain under " +
		"curate.accept",
	ReasonExists:       "choose another generator: its completions are right where they stand",
	ReasonCertified:    "put certified under curate.accept",
	ReasonUnseen:       "put unseen under curate.accept, if evidence is enough for you without proof",
	ReasonNoStatus:     "run decoy verify again",
	ReasonUnlabelled:   "nothing: whether the sample is wrong is not certain",
	ReasonDuplicate:    "give more repositories that are no copies of each other",
	ReasonContaminated: "give repositories that are not in the benchmarks under curate.decontaminate",
	ReasonExcludedRepo: "take the repository out of extract.exclude_repos",
	ReasonCellOff:      "take the cell out of curate.off",
	ReasonFoolsAll:     "nothing: what fools every judge and is not certified may be right",
	ReasonCapRepo:      "raise curate.max_per_repo, or give more repositories",
	ReasonCapGolden:    "raise curate.max_per_golden",
	ReasonOnePerCtx:    "give more repositories: a context gives one pair",
	ReasonNotRanked:    "raise curate.rows, or the cell's quota under curate.table",

	ReasonNearDuplicate: "give more repositories that are no copies of each other",
	ReasonCapKind:       "raise the kind's share under curate.kinds",
	ReasonCapCallee:     "raise curate.max_per_callee",
	ReasonCapName:       "raise curate.max_per_name",
	ReasonCapSamples:    "raise curate.samples_share, or add a generator of minimal pairs to generate.panel",
	ReasonNoRepair:      "nothing: no text is known that mends the sample; or set export.sample_pairs to golden",
	ReasonNoRecord:      "mend the row: the detail names the field and what it may be",
	ReasonTrimmed:       "raise curate.max_candidates, at 136 bytes of memory a row",
}
