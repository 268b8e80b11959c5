package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenward/tenward/problem"
)

// prefix keeps what is Tenward's apart on a server that others use too.
const prefix = "tenward:"

// joined shares counters and wake-ups through a Valkey or Redis server.
type joined struct {
	client *redis.Client
	node   string
	ears   Ears
	log    *slog.Logger

	stop context.CancelFunc
	done sync.WaitGroup
}

// Options are what joining needs. All must be set.
type Options struct {
	URL  string // redis://user:password@host:6379/0, rediss:// for TLS, unix:///path
	Node string // this node's name: it does not wake itself
	Ears Ears
	Log  *slog.Logger
}

// Join joins the cluster that meets on this server. It fails when the server does not answer now; later it comes back
// by itself whenever the server does.
func Join(ctx context.Context, o Options) (Cluster, error) {
	client, err := dial(ctx, o.URL)
	if err != nil {
		return nil, err
	}
	j := &joined{client: client, node: o.Node, ears: o.Ears, log: o.Log}
	listening, stop := context.WithCancel(context.WithoutCancel(ctx))
	j.stop = stop
	heard := j.client.Subscribe(listening, prefix+"wake")
	if _, err := heard.Receive(ctx); err != nil { // the server has taken the subscription: nothing is missed from here on
		stop()
		return nil, errors.Join(fmt.Errorf("listen to the cluster: %w", err), heard.Close(), j.client.Close())
	}
	j.done.Go(func() { j.listen(listening, heard) })
	return j, nil
}

// Ping asks the server for a sign of life, and joins nothing.
func Ping(ctx context.Context, url string) error {
	client, err := dial(ctx, url)
	if err != nil {
		return err
	}
	return client.Close()
}

// dial connects to a server that answers now, over a way that nobody else reads.
func dial(ctx context.Context, url string) (*redis.Client, error) {
	conf, err := redis.ParseURL(url)
	if err != nil {
		// The error may quote the password.
		return nil, problem.New("cluster.address.invalid", "The address of the cluster's Valkey or Redis server cannot be read.",
			"Write cluster: {redis: \"redis://user:password@host:6379/0\"}, best as ${file:…}.")
	}
	if !trusted(conf) {
		return nil, problem.New("cluster.address.plain", "The way to the cluster's server at "+conf.Addr+" is not encrypted: whoever is in between reads and answers.",
			"Write rediss:// in place of redis://; plain text is for a server on this machine.")
	}
	conf.ClientName = "tenward"
	conf.DialTimeout, conf.ReadTimeout, conf.WriteTimeout = 2*time.Second, time.Second, time.Second
	client := redis.NewClient(conf)
	if err := client.Ping(ctx).Err(); err != nil {
		return nil, errors.Join(problem.New("cluster.server.unreachable", fmt.Sprintf("The cluster's server at %s does not answer.", conf.Addr),
			"See that it runs and may be reached from here, and that cluster.redis names it.").Because(err), client.Close())
	}
	return client, nil
}

// trusted says whether nobody in between can read or answer: a socket or a loopback address, or TLS.
func trusted(conf *redis.Options) bool {
	if conf.Network == "unix" || conf.TLSConfig != nil {
		return true
	}
	host, _, err := net.SplitHostPort(conf.Addr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// listen hears what others say. The library subscribes again after each break, and says so: between, messages were
// lost.
func (j *joined) listen(ctx context.Context, heard *redis.PubSub) {
	defer heard.Close() //nolint:errcheck // it is over
	all := heard.ChannelWithSubscriptions(redis.WithChannelHealthCheckInterval(time.Second), redis.WithChannelSize(1024))
	for {
		select {
		case <-ctx.Done():
			return
		case one, ok := <-all:
			if !ok {
				return
			}
			switch one := one.(type) {
			case *redis.Subscription:
				j.log.Info("heard the cluster again", "node", j.node)
				j.ears.Missed()
			case *redis.Message:
				j.hear(one.Payload)
			}
		}
	}
}

// hear takes "node subject message".
func (j *joined) hear(payload string) {
	node, rest, _ := strings.Cut(payload, " ")
	subject, message, ok := strings.Cut(rest, " ")
	if ok && node != j.node {
		j.ears.Woken(subject, message)
	}
}

func (j *joined) Wake(ctx context.Context, subject, message string) error {
	if err := j.client.Publish(ctx, prefix+"wake", j.node+" "+subject+" "+message).Err(); err != nil {
		return fmt.Errorf("wake the cluster: %w", err)
	}
	return nil
}

// count adds and, for a new counter, sets its end, in one step: a counter without an end would stay for ever.
var count = redis.NewScript(`local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return sum`)

func (j *joined) Count(ctx context.Context, key string, n int64, window time.Duration) (int64, error) {
	sum, err := count.Run(ctx, j.client, []string{prefix + "count:" + key}, n, window.Milliseconds()).Int64()
	if err != nil {
		return 0, fmt.Errorf("count in the cluster: %w", err)
	}
	return sum, nil
}

func (j *joined) Forget(ctx context.Context, key string) error {
	if err := j.client.Del(ctx, prefix+"count:"+key).Err(); err != nil {
		return fmt.Errorf("forget in the cluster: %w", err)
	}
	return nil
}

// Close stops listening.
func (j *joined) Close() error {
	j.stop()
	j.done.Wait()
	return j.client.Close()
}
