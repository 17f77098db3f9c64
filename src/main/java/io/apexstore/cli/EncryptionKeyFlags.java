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

/** Where commands that read a store's files find its key-encryption keys. */
final class EncryptionKeyFlags {
  private static final String FLAG = "--encryption-key-file";

  private EncryptionKeyFlags() {}

  static void addTo(CommandSpec spec) {
    spec.addOption(
        OptionSpec.builder(FLAG)
            .type(Path.class)
            .paramLabel("FILE")
            .description(
                "The key file of an encrypted store. Default: where a server that is started here"
                    + " looks, by ENCRYPTION_KEY or ENCRYPTION_KEY_FILE of its configuration; else"
                    + " the data directory's name with .key behind it.")
            .build());
  }

  /**
   * Returns the keys for the store in a folder.
   *
   * @param folder the store's, or a server's data directory
   */
  static KeyWrapper keys(ParseResult arguments, Path folder, Console console) {
    try {
      return new ReadOnly(provider(arguments, folder, console));
    } catch (ApexException | ConfigException e) {
      throw unavailable(e);
    }
  }

  private static EngineException unavailable(RuntimeException e) {
    return new EngineException(
        Failure.KEY_UNAVAILABLE, e.getMessage() + "; " + FLAG + " says which key file to use", e);
  }

  private static EncryptionKeyProvider provider(
      ParseResult arguments, Path folder, Console console) {
    Path given = arguments.matchedOptionValue(FLAG, null);
    if (given != null) {
      return EncryptionKeyProvider.ofFile(given);
    }
    ServerConfig config = ServerProgram.configure(console);
    String text = config.encryptionKey();
    if (text != null) {
      return EncryptionKeyProvider.ofText(text);
    }
    if (config.encryptionKeyFileGiven()) {
      return EncryptionKeyProvider.ofFile(config.encryptionKeyFile());
    }
    Path absolute = folder.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    Path data = parent != null && absolute.endsWith("db") ? parent : absolute;
    return EncryptionKeyProvider.ofFile(EncryptionKeyFiles.beside(data));
  }

  /** Only unwraps: these commands change nothing. */
  private record ReadOnly(EncryptionKeyProvider provider) implements KeyWrapper {
    @Override
    public String currentKeyId() {
      return provider.currentKeyId();
    }

    @Override
    public byte[] wrap(String keyId, byte[] dataKey, byte[] context) {
      throw new UnsupportedOperationException("keys are read only");
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
      throw new UnsupportedOperationException("keys are read only");
    }
  }
}
