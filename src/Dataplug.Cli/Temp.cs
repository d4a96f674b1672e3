namespace Dataplug.Storage;
internal static class TempX { extension(ObjectStores) { public static ObjectStores Create(S3Options o) => new ObjectStores().Register("file", () => new FileStore()).Register("s3", () => new S3Store(o)); } }
