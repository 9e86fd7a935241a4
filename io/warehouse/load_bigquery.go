package warehouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	"golang.org/x/sync/errgroup"

	"decoy/io/bucket"
	"decoy/io/shard"
)

// keyLabel is the label of a table that says which content it has.
const keyLabel = "decoy_load"

const (
	// mostTries bounds the search for an id that is not taken.
	mostTries = 1000
	takenWait = 200 * time.Millisecond
	// clockSlack is how far apart the clocks of a table's change and of its job's end
	// may be.
	clockSlack = 2 * time.Second
)

// loader loads tables into one dataset.
type loader struct {
	Load
	client   *bigquery.Client
	dataset  *bigquery.Dataset
	location string
	staging  string
}

func (l Load) toBigQuery(ctx context.Context, t target, plan []planned) error {
	client, err := newClient(ctx, t.project)
	if err != nil {
		return err
	}
	defer client.Close()
	b := &loader{Load: l, client: client, dataset: client.Dataset(t.dataset)}
	if b.staging, err = l.stagingFolder(); err != nil {
		return err
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	// One table is staged while the jobs of those before it run.
	g, running := errgroup.WithContext(ctx)
	for _, p := range plan {
		job, done, err := b.start(running, p)
		if err != nil {
			return cmp.Or(g.Wait(), err)
		}
		g.Go(func() error {
			if job != nil {
				if done, err = b.finish(running, p, job); err != nil {
					return err
				}
			}
			if !l.Keep {
				if err := b.unstage(ctx, p); err != nil {
					return err
				}
			}
			l.Report(done)
			return nil
		})
	}
	return g.Wait()
}

// stagingFolder is where the Parquet files go: by default beside a build that is in a
// bucket itself.
func (l Load) stagingFolder() (string, error) {
	address := l.Staging
	if address == "" && bucket.In(l.Out) {
		address = shard.Join(l.Out, "staging")
	}
	if address == "" {
		return "", errors.New("BigQuery loads from a bucket: name a folder for the Parquet files with " +
			"--staging gs://BUCKET/PREFIX")
	}
	if !bucket.In(address) || strings.Trim(address, "/") == "gs:" || strings.Contains(address, "*") {
		return "", fmt.Errorf("--staging %q is not gs://BUCKET/PREFIX", address)
	}
	return address, nil
}

// prepare finds the dataset, or makes it.
func (b *loader) prepare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var m *bigquery.DatasetMetadata
	look := func() (err error) { m, err = b.dataset.Metadata(ctx); return err }
	err := try(ctx, look)
	if status(err) == http.StatusNotFound {
		made := &bigquery.DatasetMetadata{Location: cmp.Or(b.Location, "US"), Description: "Tables of a decoy build"}
		err = try(ctx, func() error { return b.dataset.Create(ctx, made) })
		if err != nil && status(err) != http.StatusConflict { // made meanwhile
			return explain("create dataset "+b.dataset.DatasetID, "bigquery.datasets.create", err)
		}
		err = try(ctx, look)
	}
	if err != nil {
		return explain("look for dataset "+b.dataset.DatasetID, "bigquery.datasets.get", err)
	}
	b.location = m.Location
	if b.Location != "" && !strings.EqualFold(b.Location, b.location) {
		return fmt.Errorf("dataset %s is in %s, not in %s: leave --location out, or name another dataset",
			b.dataset.DatasetID, b.location, b.Location)
	}
	return nil
}

// folder is where a table's files are staged: its content decides the name.
func (b *loader) folder(p planned) string { return shard.Join(b.staging, p.key) }

// unstage removes the files of a table that this or an earlier attempt staged: the
// content of the folder's name decides theirs.
func (b *loader) unstage(ctx context.Context, p planned) error {
	ctx, end := shard.Lasting(ctx) // after a cancel too
	defer end()
	var paths []string
	for i := range max(1, len(p.from)) {
		paths = append(paths, shard.Join(b.folder(p), p.staged(i)))
	}
	return shard.Remove(ctx, paths...)
}

// jobID names an attempt to load the table with this content.
func (b *loader) jobID(p planned, attempt int) string {
	return fmt.Sprintf("decoy-load-%s-%s-%s-%d", b.dataset.DatasetID, p.name, p.key, attempt)
}

// start gives the job that loads a table: one that runs already or has run, or else a
// new one. It gives none if the table has that content.
func (b *loader) start(ctx context.Context, p planned) (*bigquery.Job, Loaded, error) {
	staged := false
	for attempt, tries := 0, 0; tries < mostTries; tries++ {
		now, err := b.state(ctx, p)
		if err != nil {
			return nil, Loaded{}, err
		}
		if now.has(p) {
			return nil, Loaded{Table: p.name, State: stateUnchanged, Rows: int64(now.NumRows)}, nil
		}
		id := b.jobID(p, attempt)
		job, err := b.find(ctx, id)
		if err != nil {
			return nil, Loaded{}, err
		}
		if job != nil {
			if s := job.LastStatus(); s.Done() && (s.Err() != nil || !now.from(s)) {
				attempt++ // it failed, or the table was written or deleted since; an id serves once
				continue
			}
			return job, Loaded{}, nil
		}
		if !staged {
			if _, err := p.stage(ctx, b.folder(p)); err != nil {
				return nil, Loaded{}, err
			}
			staged = true
		}
		if err := b.unmark(ctx, p, now); err != nil {
			return nil, Loaded{}, err
		}
		if job, err = b.insert(ctx, p, id); job != nil || err != nil {
			return job, Loaded{}, err
		}
		// The id is taken: another process was first, or the answer to our own
		// request got lost. Look again.
		select {
		case <-time.After(takenWait):
		case <-ctx.Done():
			return nil, Loaded{}, ctx.Err()
		}
	}
	return nil, Loaded{}, fmt.Errorf("load %s: %d jobs with this content have failed: look at them with bq ls -j",
		p.name, mostTries)
}

// tableState is a table as it is, nil if it is not there.
type tableState struct{ *bigquery.TableMetadata }

func (b *loader) state(ctx context.Context, p planned) (tableState, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var m *bigquery.TableMetadata
	err := try(ctx, func() (err error) { m, err = b.dataset.Table(p.name).Metadata(ctx); return err })
	if err != nil && status(err) != http.StatusNotFound {
		return tableState{}, explain("look for table "+p.name, "bigquery.tables.get", err)
	}
	return tableState{m}, nil
}

// has says that the table's label names the content, and that it has as many rows.
func (t tableState) has(p planned) bool {
	if t.TableMetadata == nil || t.Labels[keyLabel] != p.key {
		return false
	}
	rows := p.rows()
	return rows == nil || t.NumRows == uint64(*rows)
}

// from says that nothing has written the table since a job was done: no other load has
// marked it, and its last change is not later.
func (t tableState) from(s *bigquery.JobStatus) bool {
	return t.TableMetadata != nil && t.Labels[keyLabel] == "" &&
		!t.LastModifiedTime.After(s.Statistics.EndTime.Add(clockSlack))
}

// find gives a job by its id, nil if there is none.
func (b *loader) find(ctx context.Context, id string) (*bigquery.Job, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var job *bigquery.Job
	err := try(ctx, func() (err error) { job, err = b.client.JobFromIDLocation(ctx, id, b.location); return err })
	if status(err) == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, explain("look for job "+id, "bigquery.jobs.get", err)
	}
	return job, nil
}

// unmark takes the label from a table before its content changes, so that none names
// a content that is gone.
func (b *loader) unmark(ctx context.Context, p planned, t tableState) error {
	if t.TableMetadata == nil || t.Labels[keyLabel] == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var u bigquery.TableMetadataToUpdate
	u.DeleteLabel(keyLabel)
	err := try(ctx, func() error { _, err := b.dataset.Table(p.name).Update(ctx, u, ""); return err })
	if err != nil {
		return explain("unmark table "+p.name, "bigquery.tables.update", err)
	}
	return nil
}

// insert starts a load job; the job is nil if the id is taken.
func (b *loader) insert(ctx context.Context, p planned, id string) (*bigquery.Job, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	from := bigquery.NewGCSReference(b.folder(p) + "/*.parquet")
	from.SourceFormat, from.Schema = bigquery.Parquet, bigQuerySchema(p.columns)
	from.ParquetOptions = &bigquery.ParquetOptions{EnableListInference: true}
	l := b.dataset.Table(p.name).LoaderFrom(from)
	l.JobID, l.Location = id, b.location
	l.WriteDisposition, l.CreateDisposition = bigquery.WriteTruncate, bigquery.CreateIfNeeded
	l.Clustering = &bigquery.Clustering{Fields: p.cluster}
	l.Labels = map[string]string{"tool": "decoy"}
	var job *bigquery.Job
	err := try(ctx, func() (err error) { job, err = l.Run(ctx); return err })
	if status(err) == http.StatusConflict {
		return nil, nil
	}
	if err != nil {
		return nil, explain("load "+p.name, "bigquery.jobs.create", err)
	}
	return job, nil
}

// finish waits for a job, compares what it loaded with what was to be loaded and
// marks the table.
func (b *loader) finish(ctx context.Context, p planned, job *bigquery.Job) (Loaded, error) {
	var s *bigquery.JobStatus
	err := try(ctx, func() (err error) { s, err = job.Wait(ctx); return err })
	if err != nil {
		return Loaded{}, explain("wait for job "+job.ID(), "bigquery.jobs.get", err)
	}
	if s.Err() != nil {
		err := explain("load "+p.name, "bigquery.tables.updateData", jobError(s))
		return Loaded{}, fmt.Errorf("%w (job %s%s)", err, job.ID(), p.origin(err.Error()))
	}
	loaded := Loaded{Table: p.name, State: stateLoaded, Job: job.ID()}
	if d, ok := s.Statistics.Details.(*bigquery.LoadStatistics); ok {
		loaded.Rows = d.OutputRows
	}
	if want := p.rows(); want != nil && *want != loaded.Rows {
		return Loaded{}, fmt.Errorf("load %s: job %s loaded %d rows of %d: delete the table and run the same command "+
			"again", p.name, job.ID(), loaded.Rows, *want)
	}
	t, err := b.state(ctx, p)
	if err != nil {
		return Loaded{}, err
	}
	if t.has(p) { // another process waited for the same job
		return loaded, nil
	}
	other := fmt.Errorf("table %s was written by someone else while job %s loaded it: run the same command again",
		p.name, job.ID())
	if !t.from(s) {
		return Loaded{}, other
	}
	if err := b.mark(ctx, p, t); err == nil {
		return loaded, nil
	} else if status(err) != http.StatusPreconditionFailed {
		return Loaded{}, explain("mark table "+p.name, "bigquery.tables.update", err)
	}
	// Someone changed it, unless that was our own request, whose answer got lost.
	if t, err = b.state(ctx, p); err == nil && !t.has(p) {
		err = other
	}
	return loaded, err
}

// mark says in a label of the table which content it has, if the table is as it was.
func (b *loader) mark(ctx context.Context, p planned, t tableState) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var u bigquery.TableMetadataToUpdate
	u.SetLabel(keyLabel, p.key)
	return try(ctx, func() error { _, err := b.dataset.Table(p.name).Update(ctx, u, t.ETag); return err })
}

// origin says which file of the build a message's staged file was made from.
func (p planned) origin(message string) string {
	for i, s := range p.from {
		if strings.Contains(message, p.staged(i)) {
			return "; the file was made from " + s.path
		}
	}
	return ""
}
