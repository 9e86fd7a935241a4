// Package gitrepo reads git repositories and git bundles: the files of one commit,
// and the history with what every commit changed.
//
// # What
//
// [Open] takes a bare repository, one with a work tree (also a linked one), or a
// bundle of version 2 or 3, told apart by content. [Repo.Resolve] finds a commit.
// [Repo.Snapshot] streams its regular files in path order. [Repo.History] walks
// along first parents, oldest first, and gives author, date and message of each
// commit and both sides of every regular file that it changed, with the changed
// lines. A merge is compared with its first parent and says how many parents it
// has; a commit that was merged is not visited.
//
// The content of a source is its commit id: every object that is read is hashed
// and compared with its id, so a commit stands for the same bytes on any machine.
// Nothing is written, and no git is needed.
//
// # Own code over the library's
//
// Formats are read by go-git where it reads them safely: indexes, deltas, commits,
// tags, and the check of a bundle's pack. Finding and unpacking objects is done
// here, in objects.go and pack.go, because the library's storage trusts what it
// opens: deltas and alternates that lead in a circle end the process by recursion,
// an object of any claimed size is read into memory, contents are not compared
// with their ids, and an index that cannot be read once counts as empty from then
// on. A panic in the library is caught and becomes an error.
//
// A bundle is read in its place. Its pack needs an index, about 30 bytes an object
// when it is made and about 300 while it is being made; making it unpacks every
// object once.
//
// # Lines
//
// Two versions of a file are compared by line: anchors are the lines that occur
// once in both (patience diff), and between anchors go-diff runs Myers' algorithm.
// That has no time limit, which would make bytes depend on the machine; between
// two anchors at most 4,096 lines are compared, and what has more is one hunk. An
// insertion that could stand at several places is put where its first line is
// indented least, so that a new function is a hunk from its head to its end.
//
// A file that moves is followed: with the same content always, with changes where
// half of its lines stay and at most 50 files came and went in the commit.
//
// # Trust
//
// A repository is hostile until read. What its content forbids is a
// [*ContentError] with one of the reasons of package archives when nothing can be
// read, a reject or a Skipped change when one file cannot, and a Lost commit when
// its changes cannot. Any other error is of the environment: a disk that does not
// read, a context that ended, a reference that was asked for and does not exist.
//
// Bounds: 128 MiB an object (1 MiB a file, as [Limits] say), 4,095 deltas in a
// chain, 5 levels of alternates, 4,096 packs, 64 MiB a file of references, two
// million entries a snapshot and four million in the two trees of a commit, 64 GiB
// of files or of a bundle's objects. Names that git refuses to check out (.git, ..,
// names with a slash) are rejected with all that is below them.
//
// objects/info/alternates are followed as git follows them, also to absolute
// paths. Another repository's objects can be had by it only by who knows their
// ids, and an id is the hash of the content.
//
// # What ends a history
//
// A shallow clone and a commit that cannot be read end the history: the first
// commit behind the end is given as Lost, since all its files would look new. A
// root commit is compared with nothing: all its lines are new, and they are.
// [Config].MaxCommits takes the newest; the oldest of them is compared with its
// parent as any other.
//
// Not read: SHA-256 ids, reftables, index files of version 1, submodules and
// symbolic links.
package gitrepo
