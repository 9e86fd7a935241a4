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
// that works on OUT, from its submission to its end. Whoever finds one there (the
// lock on OUT is theirs, so the process that wrote it is gone) has it cancelled and
// waits until it is over before submitting another: no two jobs ask paid models for
// the same shard. What it had done stays done. If the job service does not know that
// job any more, Flink's REST interface (--flink_rest) is asked for a job of its name;
// without it nothing is submitted, and the error says what to look for and which file
// to remove. On Dataflow a job's name is made of the stage and its fingerprint, and
// the service refuses two active jobs of one name: a second launch takes up the job
// that runs.
//
// # Ends
//
// A job is over when the service says so. DONE is success; FAILED, CANCELLED and
// every other end are errors. Of a failure the cause is shown: our own DoFns' line,
// without the frames that Beam and the JVM put round it. An interrupt cancels the
// remote job and waits up to CancelPatience for its end. Beam's Flink job server
// (2.62.0) answers CANCELLED at once and leaves the job running on the cluster, so with
// --flink_rest a job is cancelled there too, whatever the service says. So it is if the
// job service itself goes away.
// --job_timeout bounds a job's time: a Flink task manager that is out of memory can
// leave a job RUNNING for ever.
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
