package io.apexstore.encryption;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.base.UnicodeText;
import io.apexstore.engine.encryption.KeyWrapper;
import io.apexstore.error.ApexException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A {@link KeyWrapper} over an {@link EncryptionKeyProvider}: the form in which the engine uses it.
 * Any exception of the provider becomes an {@link EngineException} with {@code KEY_UNAVAILABLE}. It
 * passes copies of arrays, and checks the lengths of ids and wrapped keys.
 *
 * @param provider the user's provider
 */
public record ProvidedKeyWrapper(EncryptionKeyProvider provider) implements KeyWrapper {
  private static final int ID_LENGTH_MAX = 1024;
  private static final int WRAPPED_BYTES_MAX = 32 << 10;

  @Override
  public String currentKeyId() {
    String id = call(provider::currentKeyId);
    if (id.isEmpty() || id.length() > ID_LENGTH_MAX) {
      throw failed(
          "it returned an id of " + id.length() + " characters, allowed are 1 to " + ID_LENGTH_MAX,
          null);
    }
    if (UnicodeText.firstUnpaired(id) >= 0) {
      throw failed(
          "it returned the id "
              + UnicodeText.escaped(id)
              + ", which is not well-formed Unicode: half of a surrogate pair",
          null);
    }
    return id;
  }

  @Override
  public byte[] wrap(String keyId, byte[] dataKey, byte[] context) {
    byte[] wrapped = call(() -> provider.wrap(keyId, dataKey.clone(), context.clone()));
    if (wrapped.length > WRAPPED_BYTES_MAX) {
      throw failed("it returned a wrapped key of " + wrapped.length + " bytes", null);
    }
    return wrapped;
  }

  @Override
  public byte[] unwrap(String keyId, byte[] wrapped, byte[] context) {
    return call(() -> provider.unwrap(keyId, wrapped.clone(), context.clone()));
  }

  @Override
  public void rotate() {
    call(
        () -> {
          provider.rotate();
          return true;
        });
  }

  private static <T> T call(Supplier<T> action) {
    try {
      return action.get();
    } catch (EngineException e) {
      throw e;
    } catch (ApexException e) {
      throw new EngineException(Failure.KEY_UNAVAILABLE, String.valueOf(e.getMessage()), e);
    } catch (RuntimeException e) {
      throw failed(e.toString(), e);
    }
  }

  private static EngineException failed(String why, @Nullable Throwable cause) {
    return new EngineException(
        Failure.KEY_UNAVAILABLE, "the encryption key provider failed: " + why, cause);
  }
}
