// Package slurmd starts a Slurm cluster for a test: munged, slurmctld, and one
// slurmd for each of several logical nodes, all on this machine and for this
// user, with their files in a folder of the test. Debian's packages slurm-wlm and
// munge have all that is needed.
package slurmd

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// programs are what a cluster consists of.
var programs = []string{"munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol"}

// Missing names the first program that is not installed, or "".
func Missing() string {
	for _, p := range programs {
		if _, err := find(p); err != nil {
			return p
		}
	}
	return ""
}

// find also looks where daemons lie, which is not in every user's PATH.
func find(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	return exec.LookPath(filepath.Join("/usr/sbin", program))
}

// Cluster is a running cluster.
type Cluster struct {
	// Env is what a process needs in its environment to reach the cluster.
	Env string

	dir string
	t   testing.TB
}

// Start starts a cluster of so many nodes with so many declared processors each,
// and ends it with the test. The test is skipped where Slurm is not installed.
func Start(t testing.TB, nodes, cpus int) *Cluster {
	t.Helper()
	if p := Missing(); p != "" {
		t.Skipf("%s is not installed; Debian has it in slurm-wlm and munge", p)
	}
	// Not t.TempDir: its path may be too long for a socket.
	dir, err := os.MkdirTemp("", "slurm")
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{Env: "SLURM_CONF=" + filepath.Join(dir, "slurm.conf"), dir: dir, t: t}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c.munge()
	if err := os.WriteFile(filepath.Join(dir, "slurm.conf"), []byte(c.conf(nodes, cpus)), 0o644); err != nil {
		t.Fatal(err)
	}
	c.daemon("slurmctld", "-D")
	for i := range nodes {
		c.daemon("slurmd", "-D", "-N", fmt.Sprintf("n%d", i+1))
	}
	c.waitForNodes(nodes)
	return c
}

// munge starts the authentication service.
func (c *Cluster) munge() {
	private := filepath.Join(c.dir, "munge")
	key := make([]byte, 128)
	rand.Read(key)
	for _, err := range []error{
		os.Chmod(c.dir, 0o755), os.Mkdir(private, 0o700), os.Mkdir(filepath.Join(c.dir, "socket"), 0o755),
		os.WriteFile(filepath.Join(private, "key"), key, 0o400),
	} {
		if err != nil {
			c.t.Fatal(err)
		}
	}
	c.daemon("munged", "--foreground", "--force", "--key-file="+filepath.Join(private, "key"), "--socket="+c.socket(),
		"--pid-file="+filepath.Join(private, "pid"), "--log-file="+filepath.Join(private, "log"), "--seed-file="+filepath.Join(private, "seed"))
	c.until("munged answers", func() error {
		_, err := os.Stat(c.socket())
		return err
	})
}

func (c *Cluster) socket() string { return filepath.Join(c.dir, "socket", "munge") }

// conf is a configuration without anything that needs a system's cooperation:
// no control groups, no accounting, no unit files.
func (c *Cluster) conf(nodes, cpus int) string {
	me, err := user.Current()
	if err != nil {
		c.t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		c.t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	ports := freePorts(c.t, nodes+1)
	lines := []string{
		"ClusterName=test",
		"SlurmctldHost=" + host + "(127.0.0.1)",
		"SlurmUser=" + me.Username, "SlurmdUser=" + me.Username,
		"AuthType=auth/munge", "CredType=cred/munge",
		// A requeued job waits until credentials of its last life are void,
		// two minutes by default.
		"AuthInfo=cred_expire=15,socket=" + c.socket(),
		"StateSaveLocation=" + c.dir + "/state", "SlurmdSpoolDir=" + c.dir + "/%n",
		"SlurmctldPidFile=" + c.dir + "/slurmctld.pid", "SlurmdPidFile=" + c.dir + "/%n.pid",
		"SlurmctldLogFile=" + c.dir + "/slurmctld.log", "SlurmdLogFile=" + c.dir + "/%n.log",
		fmt.Sprintf("SlurmctldPort=%d", ports[nodes]),
		"ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "SwitchType=switch/none", "MpiDefault=none",
		"AccountingStorageType=accounting_storage/none", "JobAcctGatherType=jobacct_gather/none",
		"SelectType=select/cons_tres", "SelectTypeParameters=CR_CPU",
		"SchedulerType=sched/builtin", "SchedulerParameters=batch_sched_delay=0,sched_interval=1",
		"SlurmdParameters=config_overrides", "ReturnToService=2", "KillWait=5", "MinJobAge=10", "MaxArraySize=101",
	}
	for i := range nodes {
		lines = append(lines, fmt.Sprintf("NodeName=n%d NodeHostname=%s NodeAddr=127.0.0.1 Port=%d CPUs=%d RealMemory=4000 State=UNKNOWN", i+1, host, ports[i], cpus))
	}
	lines = append(lines, "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP", "")
	return strings.Join(lines, "\n")
}

// freePorts finds ports that nobody listens on.
func freePorts(t testing.TB, n int) []int {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// daemon starts a program and ends it with the test.
func (c *Cluster) daemon(program string, args ...string) {
	c.t.Helper()
	path, err := find(program)
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), c.Env)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	c.t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			cmd.Process.Kill()
			<-ended
		}
		if c.t.Failed() {
			text := said.String()
			c.t.Logf("%s %v said:\n%s", program, args, text[max(0, len(text)-6000):])
		}
	})
}

func (c *Cluster) waitForNodes(n int) {
	c.until("all nodes are idle", func() error {
		text, err := c.Command("scontrol", "--oneliner", "show", "nodes")
		if err != nil {
			return err
		}
		if idle := strings.Count(text, "State=IDLE "); idle != n {
			return fmt.Errorf("%d of %d nodes are idle", idle, n)
		}
		return nil
	})
}

// until waits until check finds nothing wrong.
func (c *Cluster) until(what string, check func() error) {
	c.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(c.dir, "slurmctld.log"))
			c.t.Fatalf("waiting until %s: %v\n%s", what, err, log[max(0, len(log)-4000):])
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Command runs one of Slurm's commands and returns what it printed.
func (c *Cluster) Command(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), c.Env)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(out))
	}
	return string(out), nil
}
