package io.apexstore;

import io.apexstore.engine.base.EngineException;

/** Turns the engine's failures into those of the API; the one place that maps them. */
final class Failures {
  private Failures() {}

  static void translate(Runnable call) {
    try {
      call.run();
    } catch (EngineException e) {
      throw of(e);
    }
  }

  static ApexException of(EngineException e) {
    ApexException.Code code =
        switch (e.failure()) {
          case INVALID_REQUEST -> ApexException.Code.INVALID_REQUEST;
          case CORRUPTION -> ApexException.Code.CORRUPTION;
          case UNSUPPORTED_FORMAT -> ApexException.Code.UNSUPPORTED_FORMAT;
          case STORAGE_FAILED -> ApexException.Code.STORAGE_FAILED;
          case DISK_FULL -> ApexException.Code.DISK_FULL;
          case LOCKED -> ApexException.Code.LOCKED;
          case CLOSED -> ApexException.Code.CLOSED;
          case READ_FAILED -> ApexException.Code.READ_FAILED;
          case KEY_UNAVAILABLE -> ApexException.Code.KEY_UNAVAILABLE;
        };
    String message = e.getMessage();
    return new ApexException(code, message == null ? code.name() : message, e);
  }
}
