// Package jobs runs pipelines on the runner that Beam's flags name: it submits,
// watches, tells progress and metrics, cancels, and says in one line why a job failed.
//
//	pipeline, whose work it is → metrics, or an error
//
// # Why not beam.Run
//
// Beam's own clients (2.77.0) wait for a job without telling its id before the end.
// So Ctrl-C leaves a remote job running, a cancelled job looks like one that
// succeeded, and metrics are there only after success. Here the job's id is known as
// soon as it has one. Preparing and staging are Beam's (package runnerlib), and so is
// all of the submission to Dataflow; the direct runner goes through beam.Run.
//
// # A job of one build
//
// A remote job outlives the process that submitted it, so OUT/.job.json names the job
// that works on OUT, from before its submission to its end. Whoever takes OUT, for
// whatever command and runner, has that job ended before anything is touched
// ([EndPrevious]): no two jobs ask paid models for the same shard. What it had
// done stays done. On Dataflow a job's name is made of the stage, OUT and its
// fingerprint, and the service refuses two active jobs of one name: a second launch
// takes up the job that runs.
//
// Beam's job server for Flink (2.62.0) calls a job cancelled as soon as it is asked to
// cancel, and leaves it running on the cluster; it forgets its jobs when it dies. So
// on Flink the cluster's REST interface (--flink_rest) is asked, which finds a job by
// its name. Without it a job is taken to be over only when it was done, or failed for a
// reason of our own; else the record stays, and the error says what to look for and
// which file to remove.
//
// # Ends
//
// DONE is success; FAILED, CANCELLED and every other end are errors. Of a failure the
// cause is shown: our own DoFns' line, without the frames that Beam and the JVM put
// round it. An interrupt cancels the remote job and waits up to CancelPatience for its
// end. A stream of updates that breaks is opened again while the service knows the
// job; if the service is gone, the job is cancelled on the cluster. --job_timeout
// bounds a job's time: a Flink task manager that is out of memory can leave a job
// RUNNING for ever. How long and how often other machines are asked is a [Policy].
//
// # Workers
//
// An environment of type PROCESS or EXTERNAL without --worker_binary starts binaries
// that are there already (runners/worker is its own boot program), so nothing is
// staged. With --worker_binary that file is staged and Beam's boot program fetches it.
//
// # Prism
//
// Prism 2.77.0 serves its job interface, which starts any program for whoever asks,
// on all interfaces without a password, and its address cannot be set. On Linux the
// listening socket is therefore bound to the loopback device right after it is made
// (SO_BINDTODEVICE, which needs no privilege since Linux 5.7); between the two calls it is
// open for some microseconds. Elsewhere it stays open: use a firewall, or
// --runner=direct.
package jobs
