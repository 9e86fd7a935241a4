package pipelines

// ReserveHeap keeps Go's collector from running every few megabytes while the live heap is
// small: it counts as live, is never touched, and so takes no memory itself. A heap of
// 20 MB is collected at 168 MB instead of 40; one of 500 MB hardly later than before.
// (Extraction allocates eleven bytes a byte of source, and a collection has fixed
// costs: package tables of other libraries are scanned each time.) GOGC and GOMEMLIMIT
// mean what they always mean. Programs that build call it first.
func ReserveHeap() { reserve = make([]byte, 64<<20) }

//lint:ignore U1000 It is held, not read.
var reserve []byte
