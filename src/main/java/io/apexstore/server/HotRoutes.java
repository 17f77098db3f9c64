package io.apexstore.server;

import io.apexstore.server.http.Endpoint;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A fast lookup for the routes of single keys, where the router would take about a quarter of the
 * time of a request. The router has these routes too, and a test compares the answers.
 *
 * <p><b>Threads:</b> any.
 */
final class HotRoutes {
  private static final String KEYS = "/keys";
  private static final int KEY_AT = KEYS.length() + 1;

  private final @Nullable Endpoint post;
  private final @Nullable Endpoint get;
  private final @Nullable Endpoint put;
  private final @Nullable Endpoint delete;

  /** Paths below {@code /keys/} that are not a key, for any method, such as /keys/export. */
  private final Set<String> notKeys = new HashSet<>();

  HotRoutes(List<Endpoint> endpoints) {
    for (Endpoint endpoint : endpoints) {
      if (endpoint.template().startsWith(KEYS + "/") && !endpoint.template().contains("{")) {
        notKeys.add(endpoint.template());
      }
    }
    this.post = find(endpoints, HttpMethod.POST, KEYS);
    this.get = find(endpoints, HttpMethod.GET, KEYS + "/{key}");
    this.put = find(endpoints, HttpMethod.PUT, KEYS + "/{key}");
    this.delete = find(endpoints, HttpMethod.DELETE, KEYS + "/{key}");
  }

  private static @Nullable Endpoint find(
      List<Endpoint> endpoints, HttpMethod method, String template) {
    return endpoints.stream()
        .filter(one -> one.method().equals(method) && one.template().equals(template))
        .findFirst()
        .orElse(null);
  }

  /** Returns the endpoint of a request, or null if the router must find it. */
  @Nullable Endpoint find(HttpServerRequest request) {
    String path = request.path();
    if (path == null || !path.startsWith(KEYS)) {
      return null;
    }
    HttpMethod method = request.method();
    if (path.length() == KEYS.length()) {
      return method.equals(HttpMethod.POST) ? post : null;
    }
    if (path.length() == KEY_AT
        || path.charAt(KEY_AT - 1) != '/'
        || path.indexOf('/', KEY_AT) >= 0
        || notKeys.contains(path)) {
      return null;
    }
    if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
      return get;
    }
    if (method.equals(HttpMethod.PUT)) {
      return put;
    }
    return method.equals(HttpMethod.DELETE) ? delete : null;
  }
}
