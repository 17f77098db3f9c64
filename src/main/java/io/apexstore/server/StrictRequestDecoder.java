package io.apexstore.server;

import io.apexstore.server.http.Connections;
import io.apexstore.server.http.HeaderList;
import io.apexstore.server.http.Problem;
import io.apexstore.server.limit.SlowClients;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.impl.http1.VertxHttpObject;
import io.vertx.core.http.impl.http1.VertxHttpRequestDecoder;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/1 request decoder of a connection. It decides which requests of the connection are
 * served, and when the connection ends; Vert.x's decoder would serve more.
 *
 * <ul>
 *   <li>The next head is decoded when the last answer has been written. Pipelined requests wait as
 *       bytes, up to a bound, so that none is ever begun that will not be served.
 *   <li>A head must meet the {@link HeadRules}. One that does not, or that cannot be parsed, is
 *       passed on as invalid, with the {@link Problem} as its cause.
 *   <li>A body that cannot be parsed, or that ends early, is passed on as invalid in the same way.
 *   <li>A request is the last one if it is invalid, if it asks to close the connection, if it is
 *       HTTP/1.0, or if {@link Connections#serveNoMore} says so. What arrives later is discarded.
 *   <li>When the client has sent the end of its stream, the requests that arrived are still
 *       answered, and then the connection is closed. An answer without an end of its own ends at
 *       once: see {@link Connections#endWithInput}.
 *   <li>A connection on which the client may still be sending is closed in two steps: the server
 *       ends its own stream, and discards what arrives until the client has closed, too, or {@link
 *       #LINGER_MS} have passed. A close at once would make the kernel reset the connection, and
 *       the client might lose the answer.
 * </ul>
 *
 * <p>It also records for {@link SlowClients} since when a request head has been arriving, and
 * whether there is traffic or a request in progress on the connection. Netty's handler for idle
 * connections would read the clock twice per request and listen to every write.
 *
 * <p><b>Threads:</b> confined to the connection's event loop. <b>Invariants:</b> Vert.x has at most
 * one request of a connection that is not answered. A request behind the last one is not decoded.
 */
final class StrictRequestDecoder extends VertxHttpRequestDecoder implements SlowClients.Connection {
  private static final int LINGER_MS = 2_000;

  /** With more bytes of pipelined requests than this, the connection is not read. */
  private static final int WAITING_BYTES_MAX = 16 << 10;

  private final Channel channel;
  private final HeadRules rules;
  private @Nullable ChannelHandlerContext context;

  /** When the head that is arriving began, by {@link System#nanoTime}; 0 if none is arriving. */
  private long headSinceNanos;

  private int hostLines;
  private boolean inBody;

  /** Whether a request has been passed on whose answer is not written yet. */
  private boolean answering;

  /** Whether the current request is the last one. */
  private boolean last;

  /** Whether the current answer ends when the client ends its stream. */
  private boolean endsWithInput;

  /** Whether bytes were discarded, so that the client may be sending more of them. */
  private boolean discarded;

  private boolean reading;
  private boolean inputPaused;
  private boolean inputEnded;
  private boolean lingering;
  private boolean hadTraffic;
  private long pendingBytes;

  /** The bytes of all answers so far, without their heads. */
  private long writtenBytes;

  StrictRequestDecoder(Channel channel, Http1ServerConfig config, HeadRules rules) {
    super(config);
    this.channel = channel;
    this.rules = rules;
    this.hostLines = 0; // The constructor of Vert.x's decoder parses names of headers, too.
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    reading = true;
    try {
      super.channelRead(context, message);
    } finally {
      reading = false;
    }
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws Exception {
    hadTraffic = true;
    if (isDiscarding()) {
      discarded |= in.isReadable();
      in.skipBytes(in.readableBytes());
      return;
    }
    if (!inBody) {
      if (answering) {
        limitWaiting(in.readableBytes());
        return;
      }
      if (headSinceNanos == 0 && in.isReadable()) {
        headSinceNanos = System.nanoTime() | 1; // never 0, which means none
      }
    }
    int before = out.size();
    super.decode(context, in, out);
    for (int i = before; i < out.size(); i++) {
      Object part = out.get(i);
      if (part instanceof HttpRequest head) {
        begin(head);
        if (head.decoderResult().isFailure()) {
          head.setProtocolVersion(HttpVersion.HTTP_1_1); // The answer has the same version.
          last = true;
          inBody = false;
          discarded = true;
          out.subList(i + 1, out.size()).clear();
        }
      } else if (part instanceof HttpContent content) {
        if (content.decoderResult().isFailure()) {
          refuse(content, "the chunks of the body are malformed");
        }
        if (part instanceof LastHttpContent) {
          inBody = false;
          hostLines = 0; // A trailer is no header.
        }
      }
    }
  }

  private void begin(HttpRequest head) {
    headSinceNanos = 0;
    inBody = true;
    answering = true;
    endsWithInput = false;
    if (head.decoderResult().isSuccess()) {
      Problem refusal = rules.refusal(head, hostLines);
      try {
        last = isLast(head);
      } catch (IllegalArgumentException e) {
        refusal = Problem.of(Problem.Kind.MALFORMED_REQUEST, "Connection: " + e.getMessage());
      }
      if (refusal != null) {
        head.setDecoderResult(DecoderResult.failure(refusal.exception()));
      }
    }
    hostLines = 0;
  }

  /** Whether a request is the last one of its connection, with the header as Vert.x reads it. */
  private static boolean isLast(HttpRequest head) {
    HttpHeaders headers = head.headers();
    if (head.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
      headers.remove(HttpHeaderNames.CONNECTION);
      return true;
    }
    if (!headers.contains(HttpHeaderNames.CONNECTION)) {
      return false;
    }
    String options = String.join(",", headers.getAll(HttpHeaderNames.CONNECTION));
    for (HeaderList.Item option : HeaderList.items(options)) {
      if (option.name().equals("close")) {
        headers.set(HttpHeaderNames.CONNECTION, "close");
        return true;
      }
    }
    return false;
  }

  private void refuse(HttpContent body, String detail) {
    last = true;
    discarded = true;
    body.setDecoderResult(
        DecoderResult.failure(Problem.of(Problem.Kind.MALFORMED_REQUEST, detail).exception()));
  }

  /** Whether the last request has arrived, or was answered before that. */
  private boolean isDiscarding() {
    return last && !(inBody && answering);
  }

  @Override
  protected AsciiString splitHeaderName(byte[] line, int start, int length) {
    AsciiString name = super.splitHeaderName(line, start, length);
    if (length == HttpHeaderNames.HOST.length()
        && name.contentEqualsIgnoreCase(HttpHeaderNames.HOST)) {
      hostLines++;
    }
    return name;
  }

  /** Stops reading if many bytes of pipelined requests are waiting. */
  private void limitWaiting(int bytes) {
    if (bytes > WAITING_BYTES_MAX && !inputPaused && !inputEnded) {
      inputPaused = true;
      channel.config().setAutoRead(false);
    }
  }

  private void answerWritten() {
    answering = false;
    boolean isWaiting = inputPaused || inputEnded || actualReadableBytes() > 0;
    if (isWaiting && (!reading || inputPaused)) {
      // Later, when Vert.x has noticed the end of the answer as well.
      channel.eventLoop().execute(this::proceed);
    }
  }

  /** Decodes the requests that have waited for the last answer. */
  private void proceed() {
    ChannelHandlerContext added = context;
    if (added == null || !channel.isActive()) {
      return;
    }
    resumeInput();
    if (actualReadableBytes() > 0) {
      try {
        channelRead(added, Unpooled.EMPTY_BUFFER);
        channelReadComplete(added);
      } catch (Exception e) {
        added.fireExceptionCaught(e);
      }
    }
    if (inputEnded && !answering) {
      disconnect();
    }
  }

  private void resumeInput() {
    if (inputPaused) {
      inputPaused = false;
      channel.config().setAutoRead(true);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
    if (event == Connections.Event.SERVE_NO_MORE) {
      last = true;
      resumeInput();
    } else if (event == Connections.Event.END_WITH_INPUT) {
      endsWithInput = true;
      if (inputEnded) {
        disconnect();
      }
    } else if (event instanceof ChannelInputShutdownEvent) {
      endInput(context);
    } else {
      super.userEventTriggered(context, event);
    }
  }

  /** The client sends no more, but may wait for answers. */
  private void endInput(ChannelHandlerContext context) {
    inputEnded = true;
    if (lingering) {
      var _ = context.close();
    } else if (answering && inBody && !isDiscarding()) {
      inBody = false;
      LastHttpContent end = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
      refuse(end, "the body ended before its announced end");
      context.fireChannelRead(end);
      context.fireChannelReadComplete();
    } else if (!answering) {
      proceed();
    } else if (endsWithInput) {
      disconnect();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    last = true;
    answering = false;
    super.channelInactive(context);
  }

  @Override
  protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    in.skipBytes(in.readableBytes()); // An incomplete request is not served.
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException("both Content-Length and Transfer-Encoding");
  }

  @Override
  public long headSinceNanos() {
    return headSinceNanos;
  }

  @Override
  public boolean pollUse() {
    long pending = unwrittenBytes();
    boolean any = answering || hadTraffic || pending != pendingBytes;
    hadTraffic = false;
    pendingBytes = pending;
    return any;
  }

  @Override
  public long unreadBytes() {
    ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
    return out == null ? 0 : Math.max(0, out.totalPendingWriteBytes() - out.currentProgress());
  }

  @Override
  public long readBytes() {
    return writtenBytes - unreadBytes();
  }

  @Override
  public void reset() {
    Connections.abort(channel);
  }

  /** Returns a handler that follows the answers, and closes the connection in two steps. */
  ChannelHandler writeListener() {
    return new WriteListener();
  }

  private final class WriteListener extends ChannelOutboundHandlerAdapter {
    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
      hadTraffic = true;
      if (message instanceof HttpContent content) {
        writtenBytes += content.content().readableBytes();
      }
      if (message instanceof VertxHttpObject part && part.isEnded()) {
        answerWritten();
      }
      var _ = context.write(message, promise);
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
      boolean clientMaySend = last && (discarded || inBody || actualReadableBytes() > 0);
      if (clientMaySend
          && !inputEnded
          && !lingering
          && channel.isActive()
          && channel instanceof DuplexChannel duplex) {
        lingering = true;
        answering = false; // All that arrives from now on is discarded.
        var _ = duplex.shutdownOutput();
        channel.config().setAutoRead(true);
        Future<?> end =
            channel
                .eventLoop()
                .schedule(
                    () -> {
                      var _ = context.close();
                    },
                    LINGER_MS,
                    TimeUnit.MILLISECONDS);
        channel
            .closeFuture()
            .addListener(
                closed -> {
                  end.cancel(false);
                  promise.trySuccess();
                });
      } else {
        var _ = context.close(promise);
      }
    }
  }

  @Override
  public boolean isClosed() {
    return !channel.isActive();
  }

  @Override
  public void disconnect() {
    if (unwrittenBytes() == 0 && !answering) {
      var _ = channel.close();
    } else {
      Connections.abort(channel); // An ordinary close would wait for the client to read.
    }
  }

  private long unwrittenBytes() {
    ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
    return out == null ? 0 : out.totalPendingWriteBytes();
  }
}
