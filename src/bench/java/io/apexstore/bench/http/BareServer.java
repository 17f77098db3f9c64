package io.apexstore.bench.http;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;

/**
 * The minimal Vert.x server: it reads the request and answers a constant. It has as many event
 * loops as the server of ApexStore, and uses the native transport if that loads.
 */
public final class BareServer extends VerticleBase {
  private static final String HOST = "127.0.0.1";

  private final int port;
  private final Buffer answer;

  private BareServer(int port, Buffer answer) {
    this.port = port;
    this.answer = answer;
  }

  /** Serves until the process ends. Arguments: length of the body of a response in bytes. */
  public static void serve(List<String> arguments) throws IOException, InterruptedException {
    Buffer answer = Buffer.buffer("x".repeat(Integer.parseInt(arguments.getFirst())));
    int port = freePort();
    Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    vertx
        .deployVerticle(
            () -> new BareServer(port, answer),
            new DeploymentOptions().setInstances(Runtime.getRuntime().availableProcessors()))
        .onComplete(
            (deployed, failure) -> {
              if (failure != null) {
                failure.printStackTrace();
                Runtime.getRuntime().halt(1);
              }
              System.out.println("the bare server listens on http://" + HOST + ":" + port);
            });
    Thread.currentThread().join();
  }

  /** Returns a port that is free now; all instances share it. */
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public Future<?> start() {
    return vertx.createHttpServer().requestHandler(this::answer).listen(port, HOST);
  }

  private void answer(HttpServerRequest request) {
    if (request.method().name().equals("GET")) {
      send(request);
    } else {
      request.body().onSuccess(body -> send(request));
    }
  }

  private void send(HttpServerRequest request) {
    request
        .response()
        .putHeader(HttpHeaders.CONTENT_TYPE, HttpHeaders.createOptimized("application/json"))
        .end(answer);
  }
}
