package block

// Budget is a limit under which the report names a choice.
type Budget struct {
	Name            string
	StoredBytes     string  `hcl:"stored_bytes,optional" doc:"bytes kept per task besides the base model, such as \"1MB\" (10^6)"`
	TrainableParams float64 `hcl:"trainable_params,optional" doc:"trained parameters"`
	TrainSeconds    float64 `hcl:"train_seconds,optional" unit:"seconds" doc:"training time"`
}

// Validate checks the size.
func (b *Budget) Validate() []error {
	if b.StoredBytes == "" {
		return nil
	}
	if _, err := ParseBytes(b.StoredBytes); err != nil {
		return []error{wrong("stored_bytes", "%v", err)}
	}
	return nil
}
