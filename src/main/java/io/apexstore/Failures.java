package io.apexstore;

import io.apexstore.engine.base.EngineException;
import io.apexstore.error.ApexException;
import io.apexstore.error.Causes;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The mapping of the engine's failures to those of the API; the only one. */
final class Failures {
  private Failures() {}

  static void translate(Runnable call) {
    try {
      call.run();
    } catch (EngineException e) {
      throw of(e);
    }
  }

  static <T extends @Nullable Object> T get(Supplier<T> call) {
    try {
      return call.get();
    } catch (EngineException e) {
      throw of(e);
    }
  }

  static <T> CompletionStage<T> translated(CompletionStage<T> stage) {
    return stage.exceptionallyCompose(
        failure -> {
          Throwable cause = Causes.unwrap(failure);
          return CompletableFuture.failedStage(cause instanceof EngineException e ? of(e) : cause);
        });
  }

  static ApexException of(EngineException e) {
    ApexException.Code code =
        switch (e.failure()) {
          case INVALID_REQUEST -> ApexException.Code.INVALID_REQUEST;
          case TOO_LARGE -> ApexException.Code.TOO_LARGE;
          case CORRUPTION -> ApexException.Code.CORRUPTION;
          case UNSUPPORTED_FORMAT -> ApexException.Code.UNSUPPORTED_FORMAT;
          case STORAGE_FAILED -> ApexException.Code.STORAGE_FAILED;
          case DISK_FULL -> ApexException.Code.DISK_FULL;
          case STORAGE_UNAVAILABLE -> ApexException.Code.STORAGE_UNAVAILABLE;
          case LOCKED -> ApexException.Code.LOCKED;
          case CLOSED -> ApexException.Code.CLOSED;
          case MEMORY_EXHAUSTED -> ApexException.Code.MEMORY_EXHAUSTED;
          case READ_FAILED -> ApexException.Code.READ_FAILED;
          case TOKEN_EXPIRED -> ApexException.Code.TOKEN_EXPIRED;
          case TOKEN_UNKNOWN -> ApexException.Code.TOKEN_UNKNOWN;
          case CONDITION_FAILED -> ApexException.Code.CONDITION_FAILED;
          case CONFLICT, OVERTAKEN -> ApexException.Code.CONFLICT;
          case VERSION_EXPIRED -> ApexException.Code.VERSION_EXPIRED;
          case KEY_UNAVAILABLE -> ApexException.Code.KEY_UNAVAILABLE;
        };
    String message = e.getMessage();
    return new ApexException(code, message == null ? code.name() : message, e);
  }
}
