package stages

// InputError is an error of the user's files: exit status 3.
type inputError string

func (e inputError) Error() string { return string(e) }

// InvalidInput tells cmd so.
func (inputError) InvalidInput() bool { return true }
