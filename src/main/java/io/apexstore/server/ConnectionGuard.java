package io.apexstore.server;

import io.apexstore.engine.base.SafeLogger;
import io.apexstore.server.limit.ConnectionLimit;
import io.apexstore.server.limit.SlowClients;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.http1.VertxHttpRequestDecoder;
import io.vertx.core.http.impl.http1.VertxHttpResponseEncoder;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Admits new connections: counts them against the limit and protects them against slow clients and
 * ambiguous requests.
 *
 * <p>The protection is a handler of the connection's Netty pipeline: {@link StrictRequestDecoder}
 * replaces the decoder of Vert.x, and a second handler next to the encoder reports writes. Neither
 * handler of Vert.x is public API, and another version of Vert.x may build its pipeline
 * differently. They are found by their classes. If one is missing, the connection is closed, so
 * that no request is ever served without the protection, and an error is logged, once for the whole
 * server.
 *
 * <p><b>Threads:</b> any; {@link #admit} on the event loop of the connection.
 */
final class ConnectionGuard {
  private static final System.Logger LOG = SafeLogger.of(ConnectionGuard.class);
  private static final String WRITE_LISTENER = "apexstore-write-listener";

  private final ConnectionLimit limit;
  private final Http1ServerConfig config;
  private final HeadRules rules;
  private final AtomicBoolean errorLogged = new AtomicBoolean();

  /**
   * @param limit counts the connections of the server
   * @param config the limits of the request decoder
   * @param rules what the head of a request must meet
   */
  ConnectionGuard(ConnectionLimit limit, Http1ServerConfig config, HeadRules rules) {
    this.limit = limit;
    this.config = config;
    this.rules = rules;
  }

  /** Admits a new connection, or closes it. {@code slowClients} watches it from now on. */
  void admit(HttpConnection connection, SlowClients slowClients) {
    SocketAddress remote = connection.remoteAddress();
    String address = remote == null ? "" : String.valueOf(remote.hostAddress());
    if (!limit.tryOpen(address)) {
      connection.close();
      return;
    }
    connection.closeHandler(closed -> limit.close(address));
    // What clients do is answered, not logged: a reset, a request that cannot be parsed.
    connection.exceptionHandler(
        cause -> LOG.log(System.Logger.Level.DEBUG, "a connection failed", cause));
    try {
      protect(connection, slowClients);
    } catch (RuntimeException | LinkageError e) {
      // Another version of Vert.x or Netty may also lack a class or a method.
      if (errorLogged.compareAndSet(false, true)) {
        LOG.log(
            System.Logger.Level.ERROR,
            "connections cannot be protected against slow clients and are closed;"
                + " is this the version of Vert.x that the server was built with?",
            e);
      }
      connection.close();
    }
  }

  private void protect(HttpConnection connection, SlowClients slowClients) {
    if (!(connection instanceof ConnectionBase http1)) {
      throw new IllegalStateException(
          "the connection is no ConnectionBase: " + connection.getClass().getName());
    }
    Channel channel = http1.channel();
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    ChannelPipeline pipeline = channel.pipeline();
    String decoderName = nameOf(pipeline, VertxHttpRequestDecoder.class);
    String encoderName = nameOf(pipeline, VertxHttpResponseEncoder.class);
    StrictRequestDecoder decoder = new StrictRequestDecoder(channel, config, rules);
    // Vert.x refers to its handlers by name, so the new decoder takes the name of the old one.
    pipeline.replace(decoderName, decoderName, decoder);
    pipeline.addAfter(encoderName, WRITE_LISTENER, decoder.writeListener());
    slowClients.watch(decoder, System.nanoTime());
  }

  private static String nameOf(ChannelPipeline pipeline, Class<? extends ChannelHandler> type) {
    ChannelHandlerContext context = pipeline.context(type);
    if (context == null) {
      throw new IllegalStateException(
          "no " + type.getName() + " in the pipeline " + pipeline.toMap());
    }
    return context.name();
  }
}
