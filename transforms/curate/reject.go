package curate

import (
	"encoding/binary"
	"encoding/hex"
	"slices"

	"decoy/schemas"
)

// RejectRow is a reject of a [Record] in 53 bytes: what a person needs to read is made of it
// where rejects are written ([Words.Reject]).
//
//	0–15 negative id   16–23 repository   24 reason, by its number in Reasons
//	25–28 language, type, generator, status, as in a Record   29–44 the other row's id, or zero
//	45–52 the other row's repository, or fooled and judges, 4 bytes each
type RejectRow []byte

// RejectBytes is the width of a RejectRow.
const RejectBytes = 53

// appendReject appends the reject of a record. Other is what was kept in its place; nil
// where there is no such row.
func appendReject(rows []byte, r Record, reason schemas.Reason, other Record) []byte {
	n := slices.Index(Reasons, reason)
	if n < 0 {
		panic("curate: a reason that is not in Reasons: " + string(reason))
	}
	x := make(RejectRow, RejectBytes)
	copy(x, r[:16])
	copy(x[16:24], r[32:40])
	x[24], x[25], x[26], x[27], x[28] = byte(n), r[116], r[117], r[119], r[120]
	if other != nil {
		copy(x[29:45], other[:16])
		copy(x[45:53], other[32:40])
	} else {
		binary.BigEndian.PutUint32(x[45:], uint32(r.u16(112)))
		binary.BigEndian.PutUint32(x[49:], uint32(r.u16(114)))
	}
	return append(rows, x...)
}

// Repo is [schemas.Key64] of the repository's name.
func (x RejectRow) Repo() uint64 { return binary.BigEndian.Uint64(x[16:]) }

// OtherRepo is the number of the repository of the row that was kept in its place, 0 where
// there is none.
func (x RejectRow) OtherRepo() uint64 {
	if x.Reason() != ReasonDuplicate {
		return 0
	}
	return binary.BigEndian.Uint64(x[45:])
}

// Survivor is the number of the file that the row's file is like, 0 where it went for another
// reason.
func (x RejectRow) Survivor() uint64 {
	if x.Reason() != ReasonNearDuplicate {
		return 0
	}
	return binary.BigEndian.Uint64(x[29:])
}

// Reason is the reason of the reject.
func (x RejectRow) Reason() schemas.Reason { return Reasons[x[24]] }

// Reject is the reject as it is written, word for word that of the pure functions. The
// evidence of a contaminated row stands in the rejects of Decontaminate.
func (w Words) Reject(x RejectRow, names Names) schemas.Reject {
	c := Candidate{
		NegativeID: hex.EncodeToString(x[:16]), Repo: names.Of(x.Repo()),
		Language: schemas.Languages[x[25]], Type: schemas.Types[x[26]], Generator: w.Generators[x[27]],
	}
	if x[28] > 0 {
		c.Status = schemas.Statuses[x[28]-1]
	}
	other := hex.EncodeToString(x[29:45])
	otherRepo := binary.BigEndian.Uint64(x[45:])
	detail := ""
	switch x.Reason() {
	case ReasonDuplicate:
		detail = "of " + other + " in " + names.Of(otherRepo)
	case ReasonNearDuplicate:
		detail = nearDetail(other[:16])
	default:
		c.Fooled, c.Judges = int64(otherRepo>>32), int64(otherRepo&0xffffffff)
		detail = detailOf(x.Reason(), &c)
	}
	return c.reject(x.Reason(), detail)
}

// nearDetail names the file that stays by its number in hex.
func nearDetail(survivor string) string { return "its file is like file " + survivor }
