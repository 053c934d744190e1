# Every labelled set of shared/data, as it lies there; realdata_test.go says
# where it is and what must come out.

experiment "realdata" {
  description = "What does the most frequent class score?"
  seeds       = [1]
}

variable "data" {
  description = "The folder of real data."
}

dataset "sst2" {
  task = "classification"
  files {
    train   = "${var.data}/sst2/stsa.binary.train"
    dev     = "${var.data}/sst2/stsa.binary.dev"
    test    = "${var.data}/sst2/stsa.binary.test"
    format  = "txt"
    pattern = "^(?P<label>[01]) (?P<text>.*)$"
  }
  label  = "label"
  labels = { "0" = "negative", "1" = "positive" }
}

dataset "trec" {
  task = "classification"
  files {
    train    = "${var.data}/trec-qc/qc/train.txt"
    test     = "${var.data}/trec-qc/qc/test.txt"
    encoding = "latin-1"
    pattern  = "^(?P<coarse>[A-Z]+):(?P<fine>\\w+) (?P<text>.*)$"
  }
  label = "coarse"
}

dataset "emotion" {
  task = "classification"
  files {
    train = "${var.data}/tweeteval-emotion/train_text.txt"
    dev   = "${var.data}/tweeteval-emotion/val_text.txt"
    test  = "${var.data}/tweeteval-emotion/test_text.txt"
    parallel "emotion" {
      train = "${var.data}/tweeteval-emotion/train_labels.txt"
      dev   = "${var.data}/tweeteval-emotion/val_labels.txt"
      test  = "${var.data}/tweeteval-emotion/test_labels.txt"
    }
  }
  label  = "emotion"
  labels = { "0" = "anger", "1" = "joy", "2" = "optimism", "3" = "sadness" }
}

dataset "cola" {
  task   = "classification"
  metric = "accuracy"
  files {
    train      = "${var.data}/cola/in_domain_train.tsv"
    test       = "${var.data}/cola/in_domain_dev.tsv"
    test_shift = "${var.data}/cola/out_of_domain_dev.tsv"
    header     = false
    columns    = ["source", "label", "star", "sentence"]
  }
  input {
    text = "sentence"
  }
  label = "2"
}

dataset "rte" {
  task = "classification"
  files {
    train = "${var.data}/nli-rte/train.csv"
    test  = "${var.data}/nli-rte/dev.csv"
  }
  input {
    text      = "premise"
    text_pair = "hypothesis"
  }
  label = "label"
}

dataset "snli" {
  task = "classification"
  files {
    all = "${var.data}/nli-snli-dev/dev.csv"
  }
  split {
    group_by = "premise"
  }
  input {
    text      = "premise"
    text_pair = "hypothesis"
  }
  label = "label"
}

dataset "mrpc" {
  task = "classification"
  files {
    train  = "${var.data}/mrpc/msr_paraphrase_train.txt"
    test   = "${var.data}/mrpc/msr_paraphrase_test.txt"
    format = "tsv"
  }
  input {
    text      = "#1 String"
    text_pair = "#2 String"
  }
  label = "Quality"
}

dataset "sick" {
  task = "classification"
  files {
    train  = "${var.data}/sick-regression/SICK_train.txt"
    dev    = "${var.data}/sick-regression/SICK_trial.txt"
    test   = "${var.data}/sick-regression/SICK_test_annotated.txt"
    format = "tsv"
  }
  input {
    text      = "sentence_A"
    text_pair = "sentence_B"
  }
  label = "entailment_judgment"
  id    = "pair_ID"
}

dataset "tos" {
  task   = "classification"
  metric = "macro_f1"
  files {
    all = "${var.data}/legal-unfair-tos/tos_sentences.tsv"
  }
  split {
    group_by = "company"
  }
  input {
    text = "sentence"
  }
  label_match {
    column    = "tags"
    pattern   = "[23]"
    match     = "unfair"
    otherwise = "fair"
  }
}

dataset "contractnli" {
  task = "classification"
  files {
    all  = "${var.data}/legal-contractnli-dev/dev.json"
    rows = "documents[d].annotation_sets[a].annotations[h]"
    paths = {
      contract   = "documents[d].text"
      hypothesis = "labels[h].hypothesis"
      choice     = "documents[d].annotation_sets[a].annotations[h].choice"
      document   = "[d]"
    }
  }
  split {
    group_by = "document"
  }
  input {
    text      = "contract"
    text_pair = "hypothesis"
  }
  label = "choice"
}

dataset "justice" {
  task = "classification"
  files {
    all = "${var.data}/legal-scotus-justice/justice.csv"
  }
  input {
    text = "facts"
  }
  label = "issue_area"
  shift "temporal" {
    by     = "term"
    cut    = 1999
    period = 10
  }
}

dataset "abstracts" {
  task = "classification"
  files {
    all = "${var.data}/med-abstracts/medical_tc_test.csv"
  }
  input {
    text = "medical_abstract"
  }
  label = "condition_label"
}

dataset "chemprot" {
  task = "classification"
  files {
    train  = "${var.data}/med-chemprot/train.txt"
    dev    = "${var.data}/med-chemprot/dev.txt"
    test   = "${var.data}/med-chemprot/test.txt"
    format = "jsonl"
  }
  label = "label"
}

dataset "nytimes" {
  task = "classification"
  files {
    all      = "${var.data}/temporal-nytimes/NYTimes.csv.gz"
    encoding = "latin-1"
  }
  input {
    text = "Title"
  }
  label = "Topic.Code"
  id    = "Article_ID"
  shift "temporal" {
    by  = "Date"
    cut = 2001
  }
}

dataset "situated" {
  task = "classification"
  files {
    train = "${var.data}/temporal-situatedqa/id_data/temp.train.jsonl"
    dev   = "${var.data}/temporal-situatedqa/id_data/temp.dev.jsonl"
    test  = "${var.data}/temporal-situatedqa/id_data/temp.test.jsonl"
  }
  input {
    text = "question"
  }
  label = "is_dependent"
}

method "majority" "majority" {}
