using System.Buffers;
using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>Sends a finished sidecar from the home folder to a shared location, with the memory of one part.</summary>
internal static class SidecarUpload
{
    private const int SmallLength = 8 << 20;
    private const int MaximumParts = 10_000;

    public static async Task<ObjectInfo> RunAsync(ObjectStores stores, string path, ObjectUri destination, CancellationToken cancellationToken)
    {
        var store = stores.Get(destination);
        var options = new PutOptions { ContentType = "application/vnd.dataplug.index" };
        using var file = DataplugHome.Guard(path, () => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.Asynchronous));
        var length = RandomAccess.GetLength(file);
        if (length <= SmallLength)
        {
            var content = new byte[length];
            await FillAsync(content, 0).ConfigureAwait(false);
            return await store.PutAsync(destination, content, options, cancellationToken).ConfigureAwait(false);
        }

        var upload = await store.CreateMultipartAsync(destination, options, cancellationToken).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            var partSize = (int)Math.Max(Math.Max(SmallLength, upload.MinimumPartSize), (length + MaximumParts - 1) / MaximumParts);
            var part = ArrayPool<byte>.Shared.Rent(partSize);
            try
            {
                var number = 1;
                for (long offset = 0; offset < length; offset += partSize)
                {
                    var memory = part.AsMemory(0, (int)Math.Min(partSize, length - offset));
                    await FillAsync(memory, offset).ConfigureAwait(false);
                    await upload.UploadPartAsync(number++, memory, cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(part);
            }

            return await upload.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }

        async Task FillAsync(Memory<byte> buffer, long offset)
        {
            while (!buffer.IsEmpty)
            {
                var read = await RandomAccess.ReadAsync(file, buffer, offset, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    throw new StorageException(path, "the sidecar became shorter while it was sent", "Preprocess again.", offset);
                buffer = buffer[read..];
                offset += read;
            }
        }
    }
}
