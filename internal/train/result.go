package train

// Status says what came of a training run.
type Status string

const (
	OK         Status = "ok"
	Diverged   Status = "diverged"    // the loss became NaN or infinite
	NotLearned Status = "not_learned" // the loss did not fall, or the head did not move
)

// A Point is one place on the training curve.
type Point struct {
	Step         int     `json:"step"`
	Loss         float64 `json:"loss"` // mean since the previous point
	LearningRate float64 `json:"learning_rate"`
	Score        float64 `json:"score,omitempty"` // on dev
	Scored       bool    `json:"scored,omitempty"`
}

// Result is what training came to. Nothing in it depends on time.
type Result struct {
	Status   Status  `json:"status"`
	Detail   string  `json:"detail,omitempty"`
	Steps    int     `json:"steps"`
	Kept     int     `json:"kept"` // the step whose state was kept
	Rows     int     `json:"rows"`
	Tokens   int64   `json:"tokens"`
	Curve    []Point `json:"curve"`
	Stopped  bool    `json:"stopped_early,omitempty"`
	BestStep int     `json:"best_step,omitempty"`
}

// Measured is what training cost on this machine; no digest contains it.
type Measured struct {
	Seconds   float64
	PeakBytes int64
	Resumed   int // step at which a checkpoint was taken up, 0 if none
}
