package judge

import (
	"maps"
	"slices"
)

// Protocol is what a recipe needs to know of a way to ask paid judges.
type Protocol struct {
	// Compares says that the judge also sees a rival: the golden beside a negative. A
	// golden control is then the golden beside a golden from elsewhere, and else the
	// golden alone.
	Compares bool
	// FIM says that members with FIM tokens are asked, and no others.
	FIM bool
}

// Protocols are those that a recipe can name.
var Protocols = map[string]Protocol{
	ProtocolSingle:   {},
	ProtocolPairwise: {Compares: true},
	ProtocolLogProb:  {Compares: true, FIM: true},
}

// ProtocolNames lists them.
func ProtocolNames() []string { return slices.Sorted(maps.Keys(Protocols)) }
