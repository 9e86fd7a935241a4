package pipelines

import (
	"decoy/io/shard"
	"decoy/schemas"
)

// judgedNegative is a negative with what was found out about it.
type judgedNegative struct {
	schemas.Negative
	status   string
	rule     string
	evidence string
	verdicts []schemas.Verdict
}

// joinShard merges a shard's contexts with their negatives, certificates and
// verdicts, in the order of context ids. The pointers are valid during the call.
func joinShard(t shardTask, visit func(c *schemas.Context, negatives []judgedNegative) error) error {
	certs := newCursor(shard.Read[schemas.Certificate](t.path(schemas.StageVerify, "certificates")), func(c schemas.Certificate) string { return c.ContextID })
	defer certs.stop()
	verdicts := newCursor(readVerdicts(t), func(v schemas.Verdict) string { return v.ContextID })
	defer verdicts.stop()
	for g, err := range joinNegatives(t) {
		if err != nil {
			return err
		}
		cs, err := certs.of(g.Left.ID)
		if err != nil {
			return err
		}
		vs, err := verdicts.of(g.Left.ID)
		if err != nil {
			return err
		}
		byID := make(map[string]*judgedNegative, len(g.Right))
		negatives := make([]judgedNegative, len(g.Right))
		for i, n := range g.Right {
			negatives[i].Negative = n
			byID[n.ID] = &negatives[i]
		}
		for _, c := range cs {
			if n := byID[c.NegativeID]; n != nil {
				n.status, n.rule, n.evidence = c.Status, c.Rule, c.Evidence
			}
		}
		for _, v := range vs {
			if v.NegativeID == nil {
				continue
			}
			if n := byID[*v.NegativeID]; n != nil {
				n.verdicts = append(n.verdicts, v)
			}
		}
		if err := visit(&g.Left, negatives); err != nil {
			return err
		}
	}
	return nil
}
