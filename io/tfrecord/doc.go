// Package tfrecord writes and reads records as tf.train.Example in gzip'd
// TFRecord files.
//
// # Format
//
// Follows TensorFlow's "TFRecord and tf.train.Example" and the framing comment of
// its record_writer.h. A record is
//
//	uint64 length, little endian
//	uint32 masked CRC-32C of the length
//	byte   data[length]
//	uint32 masked CRC-32C of the data
//
// with masked(c) = rotate right(c, 15) + 0xa282ead8. The data is one
// tf.train.Example, encoded from the struct by [schemas.Fields] with protowire, so
// that no TensorFlow protos are linked: a string or []byte is a bytes_list, an
// int64 or bool an int64_list, a float64 a float_list, all of one value; a list of
// strings is a bytes_list of its length.
//
// A null is an absent feature, which is what TensorFlow documents default_value of
// FixedLenFeature for. PyPI's tfrecord reader, given a description, raises KeyError
// for a described feature that is absent; without one it takes what is there.
//
// # Same bytes
//
// Features are sorted by name (a protobuf map has no order of its own), the gzip
// header bears no time and no name, and the compressor is the pinned
// klauspost/compress, not the one of whichever Go builds this.
//
// # Limits
//
// float_list holds 32-bit floats: a float64 comes back rounded. A record is at most
// 256 MiB. Read wants the very features of its record type; a file of another
// version is an error.
package tfrecord
