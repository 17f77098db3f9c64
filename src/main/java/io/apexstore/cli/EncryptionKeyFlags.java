package io.apexstore.cli;

import io.apexstore.encryption.EncryptionKeyProvider;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.encryption.KeyWrapper;
import io.apexstore.error.ApexException;
import io.apexstore.server.config.ConfigException;
import io.apexstore.server.config.EncryptionKeyFiles;
import io.apexstore.server.config.ServerConfig;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * The flag {@code --encryption-key-file} of the subcommands that read the files of a store, and the
 * lookup of the key-encryption keys without it.
 */
final class EncryptionKeyFlags {
  private static final String FLAG = "--encryption-key-file";

  private EncryptionKeyFlags() {}

  static void addTo(CommandSpec spec) {
    spec.addOption(
        OptionSpec.builder(FLAG)
            .type(Path.class)
            .paramLabel("FILE")
            .description(
                "The key file of an encrypted store. Default: ENCRYPTION_KEY or ENCRYPTION_KEY_FILE"
                    + " of the configuration that a server started here would have; else the name of"
                    + " the data directory with the suffix .key.")
            .build());
  }

  /**
   * Returns the keys for the store in a directory.
   *
   * @param directory the directory of the store, or the data directory of a server
   * @throws EngineException {@code KEY_UNAVAILABLE} if they cannot be read
   */
  static KeyWrapper keys(ParseResult arguments, Path directory, Console console) {
    try {
      return new ReadOnly(provider(arguments, directory, console));
    } catch (ApexException | ConfigException e) {
      throw unavailable(e);
    }
  }

  private static EngineException unavailable(RuntimeException e) {
    return new EngineException(
        Failure.KEY_UNAVAILABLE, e.getMessage() + "; " + FLAG + " names the key file to use", e);
  }

  private static EncryptionKeyProvider provider(
      ParseResult arguments, Path directory, Console console) {
    Path file = arguments.matchedOptionValue(FLAG, null);
    if (file != null) {
      return EncryptionKeyProvider.ofFile(file);
    }
    ServerConfig config = ServerProgram.loadConfig(console);
    String text = config.encryptionKey();
    if (text != null) {
      return EncryptionKeyProvider.ofText(text);
    }
    if (config.encryptionKeyFileGiven()) {
      return EncryptionKeyProvider.ofFile(config.encryptionKeyFile());
    }
    Path absolute = directory.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    Path data = parent != null && absolute.endsWith("db") ? parent : absolute;
    return EncryptionKeyProvider.ofFile(EncryptionKeyFiles.beside(data));
  }

  /** Unwraps data keys, and cannot wrap or rotate: these subcommands change nothing. */
  private record ReadOnly(EncryptionKeyProvider provider) implements KeyWrapper {
    @Override
    public String currentKeyId() {
      return provider.currentKeyId();
    }

    @Override
    public byte[] wrap(String keyId, byte[] dataKey, byte[] context) {
      throw new UnsupportedOperationException("the keys are read-only");
    }

    @Override
    public byte[] unwrap(String keyId, byte[] wrapped, byte[] context) {
      try {
        return provider.unwrap(keyId, wrapped, context);
      } catch (ApexException e) {
        throw unavailable(e);
      }
    }

    @Override
    public void rotate() {
      throw new UnsupportedOperationException("the keys are read-only");
    }
  }
}
