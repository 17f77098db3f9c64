package io.apexstore.server;

import io.apexstore.server.auth.Authenticator;
import io.apexstore.server.auth.Role;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.ExchangeScope;
import io.apexstore.server.http.Problem;
import io.apexstore.server.limit.SlowClients;
import io.apexstore.server.operation.Access;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Authorizes a request and passes it to its endpoint. Every request to an endpoint passes here,
 * whether {@link HotRoutes} or the router found the endpoint.
 *
 * <p><b>Threads:</b> confined to one event loop.
 */
final class Dispatcher {
  /** A parameter with a name that is used for tokens, or text that begins like our tokens. */
  private static final Pattern TOKEN_IN_QUERY =
      Pattern.compile(
          "(^|&)(token|access_token|auth_token|authorization)=|apx_[0-9a-f]{16}_",
          Pattern.CASE_INSENSITIVE);

  private final ExchangeScope scope;
  private final Authenticator authenticator;
  private final SlowClients slowClients;

  Dispatcher(ExchangeScope scope, Authenticator authenticator, SlowClients slowClients) {
    this.scope = scope;
    this.authenticator = authenticator;
    this.slowClients = slowClients;
  }

  void serve(Endpoint endpoint, HttpServerRequest request) {
    Exchange exchange = new Exchange(request, endpoint, scope);
    try {
      Problem refusal =
          endpoint.operation().access() == Access.PUBLIC ? null : refusal(endpoint, request);
      if (refusal == null) {
        exchange.checkQuery();
        if (exchange.isBodyPending() && !takesBody(endpoint.method())) {
          exchange.answer(exchange.body(0), empty -> endpoint.handler().handle(exchange));
        } else {
          endpoint.handler().handle(exchange);
        }
      } else {
        exchange.fail(refusal.exception());
      }
    } catch (RuntimeException e) {
      exchange.fail(e);
    }
    if (exchange.isBodyPending()) {
      exchange.onBodyEnd(slowClients.watch(new Upload(exchange), exchange.startNanos())::cancel);
    }
  }

  /**
   * A body of other methods must be empty; it is read first, so that a malformed one is refused.
   */
  private static boolean takesBody(HttpMethod method) {
    return method.equals(HttpMethod.PUT) || method.equals(HttpMethod.POST);
  }

  private @Nullable Problem refusal(Endpoint endpoint, HttpServerRequest request) {
    String query = request.query();
    if (query != null && authenticator.enabled() && TOKEN_IN_QUERY.matcher(query).find()) {
      return Problem.of(Problem.Kind.UNAUTHORIZED, "a token in the query is not accepted");
    }
    return switch (authenticator.decide(request.headers().getAll(HttpHeaders.AUTHORIZATION))) {
      case Authenticator.Decision.Malformed malformed ->
          Problem.of(Problem.Kind.MALFORMED_REQUEST, malformed.reason());
      case Authenticator.Decision.Unknown unknown -> Problem.of(Problem.Kind.UNAUTHORIZED);
      case Authenticator.Decision.Known known ->
          known.role().includes(roleFor(endpoint.operation().access()))
              ? null
              : Problem.of(Problem.Kind.FORBIDDEN);
    };
  }

  private static Role roleFor(Access access) {
    return switch (access) {
      case PUBLIC, READ -> Role.READ;
      case WRITE -> Role.WRITE;
      case ADMIN -> Role.ADMIN;
    };
  }

  private record Upload(Exchange exchange) implements SlowClients.Body {
    @Override
    public long bytesRead() {
      return exchange.request().bytesRead();
    }

    @Override
    public boolean isPaused() {
      return exchange.isInputPaused();
    }

    @Override
    public boolean isHeld() {
      return exchange.collectsBody();
    }

    @Override
    public void timeOut() {
      exchange.fail(Problem.of(Problem.Kind.REQUEST_TIMEOUT).exception());
      exchange.request().connection().close();
    }
  }
}
