package io.apexstore.server.dashboard;

import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.operation.Operation;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;

/**
 * The routes of the dashboard's files. They need no token; the page itself asks for one before it
 * shows any figures.
 */
public final class DashboardRoutes implements Endpoint.Group {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final WebRoot root;

  /** Creates the routes of these files. */
  public DashboardRoutes(WebRoot root) {
    this.root = root;
  }

  @Override
  public List<Endpoint> endpoints() {
    List<Endpoint> endpoints = new ArrayList<>();
    root.filesByPath()
        .forEach(
            (path, file) ->
                endpoints.add(
                    new Endpoint(
                        HttpMethod.GET, path, Operation.PAGE, exchange -> serve(exchange, file))));
    return endpoints;
  }

  private static void serve(Exchange exchange, WebRoot.File file) {
    exchange.header("Content-Security-Policy", POLICY);
    exchange.header("Referrer-Policy", "no-referrer");
    exchange.header("Cross-Origin-Opener-Policy", "same-origin");
    exchange.header("Cross-Origin-Resource-Policy", "same-origin");
    exchange.header("Cache-Control", "no-cache");
    exchange.send(200, file.type(), file.content());
  }
}
