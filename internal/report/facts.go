package report

// Facts are what a report says besides the numbers of runs: they are written
// once, when an invocation ends, and kept as JSON in the database.
type Facts struct {
	Question  string         `json:"question,omitempty"`
	Seeds     []int64        `json:"seeds,omitempty"`
	Select    string         `json:"select,omitempty"` // split that picks a configuration
	Search    string         `json:"search,omitempty"` // sentence: how configurations were searched
	Models    []ModelFacts   `json:"models,omitempty"`
	Datasets  []DatasetFacts `json:"datasets,omitempty"`
	Methods   []MethodFacts  `json:"methods,omitempty"`
	Selection []Selection    `json:"selection,omitempty"`
	Budgets   []Budget       `json:"budgets,omitempty"`
	Gate      *GateFacts     `json:"gate,omitempty"`
	Diagnosis []Diagnosis    `json:"diagnosis,omitempty"`
	Warnings  []string       `json:"warnings,omitempty"`
	Part      string         `json:"part,omitempty"` // flags that left runs out, "" if all are in
	Reproduce Reproduce      `json:"reproduce"`
}

// ModelFacts describe a base model.
type ModelFacts struct {
	Name       string `json:"name"`
	Source     string `json:"source"` // sentence: where it comes from
	Parameters int64  `json:"parameters"`
	Vocabulary int    `json:"vocabulary"`
}

// DatasetFacts account for every row of a data set.
type DatasetFacts struct {
	Name     string       `json:"name"`
	Task     string       `json:"task"`
	Metric   string       `json:"metric"` // the one that configurations are chosen and compared by
	Source   string       `json:"source,omitempty"`
	Labels   []string     `json:"labels,omitempty"`
	RowsIn   int          `json:"rows_in"`
	Rejected []Count      `json:"rejected,omitempty"` // by reason
	Dropped  []Count      `json:"dropped,omitempty"`  // read, but on no side of the shift
	Splits   []SplitFacts `json:"splits"`
	Shift    *ShiftFacts  `json:"shift,omitempty"`
	Leakage  []Count      `json:"leakage"` // by kind, such as "rows of test_id also stand in train"; empty: looked for, none found; null: not looked for
	Warnings []string     `json:"warnings,omitempty"`
}

// Count is a number of rows with what they have in common.
type Count struct {
	What string `json:"what"`
	Rows int    `json:"rows"`
}

// SplitFacts describe one split of a data set.
type SplitFacts struct {
	Name       string  `json:"name"`
	Rows       int     `json:"rows"`
	Truncated  int     `json:"truncated"`        // rows longer than max_length
	MeanTokens float64 `json:"mean_tokens"`      // sub-words a row; 0: not counted
	Labels     []int   `json:"labels,omitempty"` // rows by label, in the order of DatasetFacts.Labels
}

// ShiftFacts describe a declared shift.
type ShiftFacts struct {
	Axis  string `json:"axis"`  // topic, temporal, format
	About string `json:"about"` // sentence: what is trained on and what is tested on
}

// MethodFacts describe a method block.
type MethodFacts struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	About string `json:"about"` // sentence: what it freezes and trains
}

// Selection says how a configuration won.
type Selection struct {
	Dataset       string   `json:"dataset"`
	Model         string   `json:"model"`
	Condition     string   `json:"condition,omitempty"`
	Block         string   `json:"block"`
	Configuration string   `json:"configuration"`
	Tried         int      `json:"tried"`
	Score         float64  `json:"score"`            // mean over seeds on the select split
	Ties          []string `json:"ties,omitempty"`   // configurations with the same score
	Barred        []string `json:"barred,omitempty"` // configurations that a failed or diverged seed kept from winning
}

// Budget is a limit that a method must keep to be chosen; zero fields set none.
type Budget struct {
	Name            string  `json:"name"`
	StoredBytes     int64   `json:"stored_bytes,omitempty"`
	TrainableParams int64   `json:"trainable_params,omitempty"`
	TrainSeconds    float64 `json:"train_seconds,omitempty"`
	PeakBytes       int64   `json:"peak_bytes,omitempty"`
}

// GateFacts are the gate block.
type GateFacts struct {
	Metric       string  `json:"metric"`
	Split        string  `json:"split,omitempty"` // "": both tests
	Margin       float64 `json:"margin"`
	Alpha        float64 `json:"alpha"`
	TrainSeconds float64 `json:"train_seconds,omitempty"` // largest allowed ratio new/old; 0: not gated
	StoredBytes  float64 `json:"stored_bytes,omitempty"`  // likewise
}

// Diagnosis is what the frozen model says about a data set's shift.
type Diagnosis struct {
	Dataset  string    `json:"dataset"`
	Model    string    `json:"model"`
	Dominant string    `json:"dominant"` // topic, format, time, label prior; "" when no shift was found
	Measures []Measure `json:"measures"`
}

// Measure is one number of a diagnosis.
type Measure struct {
	Axis    string   `json:"axis"`
	Name    string   `json:"name"`
	Value   float64  `json:"value"`
	Low     *float64 `json:"low,omitempty"`
	High    *float64 `json:"high,omitempty"`
	P       *float64 `json:"p,omitempty"`
	Meaning string   `json:"meaning"`
	Warning string   `json:"warning,omitempty"`
}

// Reproduce says how to get the same numbers again.
type Reproduce struct {
	Command string   `json:"command"`
	Version string   `json:"version"`
	Kernel  string   `json:"kernel"` // numeric-kernel id
	Host    string   `json:"host"`   // sentence: what it ran on
	Files   []File   `json:"files,omitempty"`
	Digest  string   `json:"digest,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

// File is an input with the sha256 of its content.
type File struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}
