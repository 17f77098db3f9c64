@NullMarked
package io.apexstore.engine.encryption;

import org.jspecify.annotations.NullMarked;
