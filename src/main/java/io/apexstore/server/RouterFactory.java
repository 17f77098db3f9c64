package io.apexstore.server;

import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.ExchangeScope;
import io.apexstore.server.http.Problem;
import io.apexstore.server.operation.Operation;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Composes the endpoints of all features into one router, and answers requests without an endpoint.
 *
 * <p>The router compares decoded and normalized paths: it treats {@code /keys/a/%2e%2e/b} as {@code
 * /keys/b}. A key is any bytes, and no endpoint may be reached by a path that only normalizes to
 * it. So a route applies only if the path as it was received matches its template too.
 */
final class RouterFactory {
  private final Vertx vertx;
  private final Dispatcher dispatcher;
  private final ExchangeScope scope;
  private final Map<PathTemplate, List<Endpoint>> endpointsByPath = new LinkedHashMap<>();

  RouterFactory(Vertx vertx, Dispatcher dispatcher, ExchangeScope scope, List<Endpoint> endpoints) {
    this.vertx = vertx;
    this.dispatcher = dispatcher;
    this.scope = scope;
    Map<String, PathTemplate> templates = new LinkedHashMap<>();
    for (Endpoint endpoint : endpoints) {
      PathTemplate template = templates.computeIfAbsent(endpoint.template(), PathTemplate::new);
      endpointsByPath.computeIfAbsent(template, absent -> new ArrayList<>()).add(endpoint);
    }
  }

  Router create() {
    Router router = Router.router(vertx);
    // Literal paths come first: /keys/export is not the key "export".
    for (boolean literal : new boolean[] {true, false}) {
      endpointsByPath.forEach(
          (template, endpoints) -> {
            if (template.isLiteral() == literal) {
              endpoints.forEach(endpoint -> add(router, template, endpoint));
            }
          });
    }
    router.route().handler(context -> answerUnmatched(context.request()));
    for (int status : new int[] {400, 404, 405, 500}) {
      router.errorHandler(status, context -> answerError(context, status));
    }
    return router;
  }

  private void add(Router router, PathTemplate template, Endpoint endpoint) {
    Route route = router.route(template.routerPath()).method(endpoint.method());
    if (endpoint.method().equals(HttpMethod.GET)) {
      route.method(HttpMethod.HEAD);
    }
    route.handler(
        context -> {
          HttpServerRequest request = context.request();
          if (template.matches(path(request))) {
            dispatcher.serve(endpoint, request);
          } else {
            context.next();
          }
        });
  }

  private static String path(HttpServerRequest request) {
    String path = request.path();
    return path == null ? "" : path;
  }

  /**
   * Answers a request for which the router found no route. The endpoint may still exist: the router
   * normalizes away a key such as {@code ..}.
   */
  private void answerUnmatched(HttpServerRequest request) {
    String path = path(request);
    HttpMethod method =
        request.method().equals(HttpMethod.HEAD) ? HttpMethod.GET : request.method();
    for (Map.Entry<PathTemplate, List<Endpoint>> one : endpointsByPath.entrySet()) {
      if (one.getKey().matches(path)) {
        for (Endpoint endpoint : one.getValue()) {
          if (endpoint.method().equals(method)) {
            dispatcher.serve(endpoint, request);
            return;
          }
        }
      }
    }
    answerUnknown(request);
  }

  /** Answers a request whose path or method no endpoint has. */
  private void answerUnknown(HttpServerRequest request) {
    TreeSet<String> allowed = new TreeSet<>();
    endpointsByPath.forEach(
        (template, endpoints) -> {
          if (template.matches(path(request))) {
            endpoints.forEach(endpoint -> allowed.add(endpoint.method().name()));
          }
        });
    if (allowed.isEmpty()) {
      fail(request, Problem.Kind.NOT_FOUND);
      return;
    }
    if (allowed.contains("GET")) {
      allowed.add("HEAD");
    }
    request.response().putHeader("Allow", String.join(", ", allowed));
    fail(request, Problem.Kind.METHOD_NOT_ALLOWED);
  }

  private void answerError(RoutingContext context, int status) {
    Throwable failure = context.failure();
    if (status == 500 && failure != null) {
      exchange(context.request()).fail(failure);
      return;
    }
    switch (status) {
      // The router cannot decode the path or query; the endpoint can say what is wrong with it.
      case 400 -> answerUnmatched(context.request());
      case 405 -> fail(context.request(), Problem.Kind.METHOD_NOT_ALLOWED);
      case 404 -> fail(context.request(), Problem.Kind.NOT_FOUND);
      default -> fail(context.request(), Problem.Kind.INTERNAL_ERROR);
    }
  }

  /** Answers a request without an endpoint with a problem. */
  void fail(HttpServerRequest request, Problem problem) {
    exchange(request).fail(problem.exception());
  }

  private void fail(HttpServerRequest request, Problem.Kind kind) {
    fail(request, Problem.of(kind));
  }

  private Exchange exchange(HttpServerRequest request) {
    Endpoint none = new Endpoint(request.method(), "", Operation.UNKNOWN, _ -> {});
    return new Exchange(request, none, scope);
  }
}
