package curation

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/schemas/batch"
	"decoy/transforms/curate"
)

// A line is what the writer of a shard gets, in batches by shard: a byte that tells its kind,
// the length of the rest in 4 bytes, the rest.
const (
	selectedLine      byte = 's' // a curate.Record
	controlLine       byte = 'c' // a curate.Record of the random arm
	generalLine       byte = 'g' // a curate.GeneralRow
	rejectLine        byte = 'r' // a curate.RejectRow
	generalRejectLine byte = 'q' // a curate.GeneralReject
	internalLine      byte = 'i' // a schemas.Reject as JSON, of what has no row
	evidenceLine      byte = 'e' // id of a contaminated row in hex (32 bytes), evidence
	fileLine          byte = 'f' // number of a file in hex (16 bytes), its name
	nameLine          byte = 'n' // curate's number of a repository (8), length of its name (4), name, its group
)

// widths of the rows in lines.
var widths = map[byte]int{
	selectedLine: curate.RecordBytes, controlLine: curate.RecordBytes, generalLine: curate.GeneralBytes,
	rejectLine: curate.RejectBytes, generalRejectLine: curate.GeneralRejectBytes,
}

// lineWriter collects lines by shard.
type lineWriter struct{ out *batch.Batcher }

func newLineWriter(emit func(int, batch.Batch)) *lineWriter {
	return &lineWriter{batch.NewBatcher(emit)}
}

func (w *lineWriter) add(shard int, kind byte, parts ...[]byte) {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	line := binary.BigEndian.AppendUint32([]byte{kind}, uint32(n))
	for _, p := range parts {
		line = append(line, p...)
	}
	w.out.Add(shard, line)
}

func (w *lineWriter) reject(shard int, r schemas.Reject) {
	raw, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings
	}
	w.add(shard, internalLine, raw)
}

func (w *lineWriter) flush() { w.out.Flush() }

// linesOf are the lines of batches.
func linesOf(batches iter.Seq[batch.Batch]) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for b := range batches {
			for rest := b.Rows; len(rest) > 0; {
				n := 5 + int(binary.BigEndian.Uint32(rest[1:]))
				if !yield(rest[0], rest[5:n]) {
					return
				}
				rest = rest[n:]
			}
		}
	}
}

// addressFn sends rows to the shards of their repositories, with the names that they need.
//
//	batches of rows, side inputs curate.Group, names of files → KV<shard, batches of lines>
//
// A worker holds the names of all repositories, of the files that near duplicates went for, and
// the lines of a bundle until they fill batches.
type addressFn struct {
	Kind byte
	Of   int

	names  map[uint64]nameOf
	files  map[uint64]string
	shards map[int]map[uint64]bool // the repositories and files that a shard was told of in this bundle
	lines  *lineWriter
	emit   func(int, batch.Batch)
}

type nameOf struct{ repo, group string }

// ProcessElement takes a batch of rows.
func (f *addressFn) ProcessElement(b batch.Batch, groups func(*curate.Group) bool,
	files func(*batch.Batch) bool, emit func(int, batch.Batch)) error {
	if f.names == nil {
		f.files = fileNames(files)
		f.names = map[uint64]nameOf{}
		for g := (curate.Group{}); groups(&g); g = (curate.Group{}) {
			for _, r := range g.Repos {
				f.names[schemas.Key64(r)] = nameOf{r, g.ID}
			}
		}
	}
	if f.lines == nil {
		f.lines, f.shards = newLineWriter(func(i int, b batch.Batch) { f.emit(i, b) }), map[int]map[uint64]bool{}
	}
	f.emit = emit
	for row := range b.Each(widths[f.Kind]) {
		of, other := reposOf(f.Kind, row)
		name, ok := f.names[of]
		if !ok {
			return fmt.Errorf("%s: a row is of repository %016x, which is in no group", schemas.StageCurate, of)
		}
		i := schemas.Shard(name.repo, f.Of)
		f.name(i, of)
		if other != 0 {
			f.name(i, other)
		}
		f.file(i, survivorOf(f.Kind, row))
		f.lines.add(i, f.Kind, row)
	}
	return nil
}

// reposOf are the numbers of a row's repository, and of another that is named in it, or 0.
func reposOf(kind byte, row []byte) (of, other uint64) {
	switch kind {
	case selectedLine, controlLine:
		return curate.Record(row).Repo(), 0
	case generalLine:
		return curate.GeneralRow(row).Repo(), 0
	case generalRejectLine:
		return curate.GeneralReject(row).Repo(), 0
	}
	r := curate.RejectRow(row)
	return r.Repo(), r.OtherRepo()
}

// survivorOf is the file that a row's file went for, 0 where there is none.
func survivorOf(kind byte, row []byte) uint64 {
	switch kind {
	case rejectLine:
		return curate.RejectRow(row).Survivor()
	case generalRejectLine:
		return curate.GeneralReject(row).Survivor()
	}
	return 0
}

func (f *addressFn) file(shard int, file uint64) {
	if name, ok := f.files[file]; ok && !f.shards[shard][file] {
		f.shards[shard][file] = true
		f.lines.add(shard, fileLine, fmt.Appendf(nil, "%016x", file), []byte(name))
	}
}

func (f *addressFn) name(shard int, repo uint64) {
	if f.shards[shard] == nil {
		f.shards[shard] = map[uint64]bool{}
	}
	if f.shards[shard][repo] {
		return
	}
	f.shards[shard][repo] = true
	n := f.names[repo]
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, repo), uint32(len(n.repo)))
	f.lines.add(shard, nameLine, head, []byte(n.repo), []byte(n.group))
}

// FinishBundle emits what is left.
func (f *addressFn) FinishBundle(_ func(*curate.Group) bool, _ func(*batch.Batch) bool, emit func(int, batch.Batch)) {
	if f.lines == nil {
		return
	}
	f.emit = emit
	f.lines.flush()
	f.lines = nil
}

// selectionWriter writes the selection, the random arm where there is one, and the rejects of a shard.
type selectionWriter struct {
	Words   curate.Words `json:"words"`
	Control bool         `json:"control"`
}

// Write holds the lines of one shard in memory.
func (w selectionWriter) Write(ctx context.Context, t flow.Task, batches iter.Seq[batch.Batch]) (schemas.Done, error) {
	names, groups, evidence, files := curate.Names{}, map[string]string{}, map[string]string{}, map[string]string{}
	rows := map[byte][][]byte{}
	for kind, line := range linesOf(batches) {
		switch kind {
		case nameLine:
			n := 12 + binary.BigEndian.Uint32(line[8:])
			repo := string(line[12:n])
			names[binary.BigEndian.Uint64(line)], groups[repo] = repo, string(line[n:])
		case fileLine:
			files[string(line[:16])] = string(line[16:])
		case evidenceLine:
			evidence[string(line[:32])] = string(line[32:])
		default:
			rows[kind] = append(rows[kind], line)
		}
	}
	if ctx.Err() != nil {
		return schemas.Done{}, ctx.Err()
	}
	group := func(repo string) string { return groups[repo] }
	var selected []schemas.Selected
	for _, r := range rows[selectedLine] {
		selected = append(selected, w.Words.Selected(r, names, group))
	}
	for _, r := range rows[generalLine] {
		selected = append(selected, curate.GeneralRow(r).Selected(names, group))
	}
	var control []schemas.Selected
	for _, r := range rows[controlLine] {
		control = append(control, w.Words.Selected(r, names, group))
	}
	var rejects []schemas.Reject
	for _, r := range rows[rejectLine] {
		rejects = append(rejects, w.Words.Reject(r, names))
	}
	for _, r := range rows[generalRejectLine] {
		rejects = append(rejects, curate.GeneralReject(r).Reject(names))
	}
	for i := range rejects {
		r := &rejects[i]
		switch r.Reason {
		case curate.ReasonContaminated:
			r.Detail = evidence[r.ID]
		case curate.ReasonNearDuplicate: // the number is its last word
			if at := len(r.Detail) - 16; files[r.Detail[at:]] != "" {
				r.Detail = "its file is like " + files[r.Detail[at:]]
			}
		}
	}
	for _, line := range rows[internalLine] {
		var r schemas.Reject
		if err := json.Unmarshal(line, &r); err != nil {
			return schemas.Done{}, err
		}
		rejects = append(rejects, r)
	}
	d, err := writeShard(ctx, t, selected, rejects)
	if err != nil || !w.Control {
		return d, err
	}
	slices.SortFunc(control, schemas.CompareSelected)
	f, err := shard.WriteAll(ctx, t.Path(work.ControlName, "jsonl.zst"), control)
	d.Files = append(d.Files, f)
	d.Counts[work.ControlName] = int64(len(control))
	return d, err
}

// writeShard writes the selection and the rejects of one shard.
func writeShard(ctx context.Context, t flow.Task, selected []schemas.Selected,
	rejects []schemas.Reject) (schemas.Done, error) {
	d := schemas.Done{Counts: map[string]int64{}, Rejects: map[schemas.Reason]int64{}}
	slices.SortFunc(selected, schemas.CompareSelected)
	for _, s := range selected {
		d.Counts[work.CountRows(s.Split)]++
		d.Counts[work.CountRowsOf(s.Split, s.Language)]++
		if s.NegativeID == nil {
			d.Counts["general"]++
		} else {
			d.Counts["pairs"]++
			d.Counts[work.CountPairs(schemas.OrEmpty(s.Type))]++
		}
	}
	schemas.SortRejects(rejects)
	work.Tally{Counts: d.Counts, Rejects: d.Rejects}.Count(rejects)
	file, err := shard.WriteAll(ctx, t.Path("selection", "jsonl.zst"), selected)
	if err != nil {
		return d, err
	}
	d.Files = append(d.Files, file)
	if file, err = shard.WriteAll(ctx, t.Path("rejects", "jsonl.zst"), rejects); err != nil {
		return d, err
	}
	d.Files = append(d.Files, file)
	return d, nil
}
