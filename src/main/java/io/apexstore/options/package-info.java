/**
 * The options of a store and of its keyspaces, used unchanged by the API, the engine and the
 * manifest. This package is at the bottom of the layers and uses nothing.
 */
@NullMarked
package io.apexstore.options;

import org.jspecify.annotations.NullMarked;
