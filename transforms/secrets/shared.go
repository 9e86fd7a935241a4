package secrets

import "sync"

// Shared is the scanner of this process, made when it is first asked for: it is only
// read, and its rules take 15 MB and a second to compile.
var Shared = sync.OnceValues(New)
