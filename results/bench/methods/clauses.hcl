# The built-in data: clauses of news and web pages to learn from, contracts and
# statutes to be tested on, and the small BERT of experiments/legal.hcl. Read
# together with one of clauses_rates.hcl, clauses_table.hcl and
# clauses_prompts.hcl.

variable "rows" {
  default     = 3000
  description = "Labelled rows that the generator makes, of all domains together."
}

model "base" {
  pretrain {
    architecture  = "bert"
    layers        = 2
    hidden_size   = 128
    heads         = 2
    vocabulary    = 4000
    steps         = 1200
    batch_size    = 64
    learning_rate = 3e-3
    generator "general" {}
  }
}

dataset "clauses" {
  task       = "classification"
  metric     = "macro_f1"
  max_length = 64

  generator "clauses" {
    rows = var.rows
  }
  input {
    text = "clause"
  }
  label = "kind"

  shift "topic" {
    by    = "domain"
    train = ["news", "web"]
    test  = ["contracts", "statutes"]
  }
}

format "remark" {
  text = "{clause} . in short , this is a {mask} ."
  words = {
    obligation  = ["duty"]
    permission  = ["permission"]
    prohibition = ["ban"]
  }
}
