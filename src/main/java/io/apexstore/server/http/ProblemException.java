package io.apexstore.server.http;

/**
 * Carries a {@link Problem} to the place that answers the request. It has no stack trace, because
 * it reports an error of the request, not a fault of the server.
 */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  ProblemException(Problem problem) {
    super(problem.kind().title(), null, false, false);
    this.problem = problem;
  }

  /** Returns the problem. */
  public Problem problem() {
    return problem;
  }
}
