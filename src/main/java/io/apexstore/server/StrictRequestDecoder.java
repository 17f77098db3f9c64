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
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.impl.http1.VertxHttpRequestDecoder;
import java.util.List;

/**
 * Vert.x's decoder, which also refuses a request with both a Content-Length and a
 * Transfer-Encoding, where Netty would silently drop one, and which knows since when a head has
 * been arriving, and whether anything moves on the connection. Netty's handler for idle connections
 * would read the clock twice a request and listen to every write.
 *
 * <p><b>Threads:</b> confined to the connection's event loop.
 */
final class StrictRequestDecoder extends VertxHttpRequestDecoder implements SlowClients.Head {
  private final Channel channel;
  private long headSinceNanos;
  private boolean inBody;
  private boolean moved;
  private long pendingBytes;

  StrictRequestDecoder(Channel channel, Http1ServerConfig config) {
    super(config);
    this.channel = channel;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws Exception {
    moved = true;
    if (headSinceNanos == 0 && !inBody && in.isReadable()) {
      headSinceNanos = System.nanoTime() | 1; // 0 stands for none
    }
    int before = out.size();
    super.decode(context, in, out);
    for (int i = before; i < out.size(); i++) {
      Object part = out.get(i);
      if (part instanceof HttpRequest) {
        headSinceNanos = 0;
        inBody = true;
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
  public long arrivingSinceNanos() {
    return headSinceNanos;
  }

  @Override
  public boolean hasMoved() {
    ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
    long pending = out == null ? 0 : out.totalPendingWriteBytes();
    boolean any = moved || pending != pendingBytes;
    moved = false;
    pendingBytes = pending;
    return any;
  }

  /** Returns a handler that lets this know of what is written. */
  ChannelHandler writeMark() {
    return new ChannelOutboundHandlerAdapter() {
      @Override
      public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        moved = true;
        var _ = context.write(message, promise);
      }
    };
  }

  @Override
  public boolean isOver() {
    return !channel.isActive();
  }

  @Override
  public void endAsTooSlow() {
    var _ = channel.close();
  }
}
