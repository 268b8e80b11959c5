package grpc

import (
	"context"
	"errors"
	"io"
	"strings"

	wire "google.golang.org/grpc/interop/grpc_testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// service is an application that speaks gRPC, of gRPC's own test protocol.
type service struct {
	wire.UnimplementedTestServiceServer
	left chan struct{} // somebody who listened has left
}

// UnaryCall answers with what was sent, and with the metadata "x-echo" before and behind it; it fails as it is told to.
func (*service) UnaryCall(ctx context.Context, r *wire.SimpleRequest) (*wire.SimpleResponse, error) {
	in, _ := metadata.FromIncomingContext(ctx)
	echo := strings.Join(in.Get("x-echo"), ",")
	if err := errors.Join(grpc.SetHeader(ctx, metadata.Pairs("x-before", echo)), grpc.SetTrailer(ctx, metadata.Pairs("x-behind", echo, "x-own-bin", "\x00\xff"))); err != nil {
		return nil, err
	}
	if s := r.GetResponseStatus(); s != nil {
		return nil, status.Error(codes.Code(s.GetCode()), s.GetMessage()) //nolint:gosec // the test's own
	}
	return &wire.SimpleResponse{Payload: r.GetPayload(), Username: strings.Join(in.Get("x-forwarded-for"), ",")}, nil
}

// StreamingOutputCall sends as many messages as it is asked for, or none for ever.
func (s *service) StreamingOutputCall(r *wire.StreamingOutputCallRequest, out grpc.ServerStreamingServer[wire.StreamingOutputCallResponse]) error {
	for _, p := range r.GetResponseParameters() {
		if err := out.Send(&wire.StreamingOutputCallResponse{Payload: &wire.Payload{Body: make([]byte, p.GetSize())}}); err != nil {
			return err
		}
	}
	if len(r.GetResponseParameters()) > 0 {
		return nil
	}
	if err := out.SendHeader(metadata.Pairs("x-listening", "yes")); err != nil {
		return err
	}
	<-out.Context().Done()
	s.left <- struct{}{}
	return out.Context().Err()
}

// StreamingInputCall says how many bytes came.
func (*service) StreamingInputCall(in grpc.ClientStreamingServer[wire.StreamingInputCallRequest, wire.StreamingInputCallResponse]) error {
	n := 0
	for {
		r, err := in.Recv()
		if errors.Is(err, io.EOF) {
			return in.SendAndClose(&wire.StreamingInputCallResponse{AggregatedPayloadSize: int32(n)}) //nolint:gosec // the test's own
		}
		if err != nil {
			return err
		}
		n += len(r.GetPayload().GetBody())
	}
}

// FullDuplexCall answers each message with itself.
func (*service) FullDuplexCall(both grpc.BidiStreamingServer[wire.StreamingOutputCallRequest, wire.StreamingOutputCallResponse]) error {
	for {
		r, err := both.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := both.Send(&wire.StreamingOutputCallResponse{Payload: r.GetPayload()}); err != nil {
			return err
		}
	}
}
