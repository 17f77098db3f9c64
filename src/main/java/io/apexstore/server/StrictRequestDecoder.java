package io.apexstore.server;

import io.apexstore.server.limit.SlowClients;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.impl.http1.VertxHttpRequestDecoder;
import java.util.List;

/**
 * The HTTP/1 request decoder of a connection, with two additions to that of Vert.x.
 *
 * <p>It rejects a request with both a Content-Length and a Transfer-Encoding, where Netty would
 * silently drop one of them: two parties that disagree about the length of a body can be made to
 * disagree about where the next request begins (request smuggling).
 *
 * <p>It records for {@link SlowClients} since when a request head has been arriving, and whether
 * there is traffic or a request in progress on the connection. Netty's handler for idle connections
 * would read the clock twice per request and listen to every write.
 *
 * <p><b>Threads:</b> confined to the connection's event loop.
 */
final class StrictRequestDecoder extends VertxHttpRequestDecoder implements SlowClients.Connection {
  private final Channel channel;

  /** When the head that is arriving began, by {@link System#nanoTime}; 0 if none is arriving. */
  private long headSinceNanos;

  private boolean inBody;
  private boolean hadTraffic;

  /** The requests whose answer has not ended yet; a client may send several in advance. */
  private int requestsInProgress;

  private long pendingBytes;

  StrictRequestDecoder(Channel channel, Http1ServerConfig config) {
    super(config);
    this.channel = channel;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws Exception {
    hadTraffic = true;
    if (headSinceNanos == 0 && !inBody && in.isReadable()) {
      headSinceNanos = System.nanoTime() | 1; // never 0, which means none
    }
    int before = out.size();
    super.decode(context, in, out);
    for (int i = before; i < out.size(); i++) {
      Object part = out.get(i);
      if (part instanceof HttpRequest) {
        headSinceNanos = 0;
        inBody = true;
        requestsInProgress++;
      }
      if (part instanceof LastHttpContent) {
        inBody = false;
      }
    }
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
    ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
    long pending = out == null ? 0 : out.totalPendingWriteBytes();
    boolean any = requestsInProgress > 0 || hadTraffic || pending != pendingBytes;
    hadTraffic = false;
    pendingBytes = pending;
    return any;
  }

  /** Returns a handler that counts writes as traffic, and notices the end of each answer. */
  ChannelHandler writeListener() {
    return new WriteListener();
  }

  private final class WriteListener extends ChannelOutboundHandlerAdapter {
    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
      hadTraffic = true;
      if (message instanceof LastHttpContent && !isInformational(message)) {
        requestsInProgress--;
      }
      var _ = context.write(message, promise);
    }
  }

  /**
   * Returns whether this is an answer such as 100 (Continue), after which the final one follows.
   */
  private static boolean isInformational(Object message) {
    return message instanceof HttpResponse response
        && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
  }

  @Override
  public boolean isClosed() {
    return !channel.isActive();
  }

  @Override
  public void disconnect() {
    var _ = channel.close();
  }
}
