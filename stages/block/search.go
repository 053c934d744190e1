package block

// Search says how configurations are looked for.
type Search struct {
	Strategy string   `hcl:"strategy,optional" doc:"grid, random or halving"`
	Trials   int      `hcl:"trials,optional" doc:"configurations that random search draws for each swept method"`
	Tune     []string `hcl:"tune,optional" doc:"attributes that every trained method tries at 1/3, 1 and 3 times its default"`
	Seed     int      `hcl:"seed,optional" doc:"seed of random search"`
}

func newSearch() *Search { return &Search{Strategy: "grid", Trials: 20} }

// Validate checks the strategy.
func (s *Search) Validate() []error {
	errs := oneOf("strategy", s.Strategy, "grid", "random", "halving")
	if s.Trials < 1 {
		errs = append(errs, wrong("trials", "Random search needs at least one trial."))
	}
	return errs
}
