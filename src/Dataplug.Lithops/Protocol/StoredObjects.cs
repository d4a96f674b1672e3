using Dataplug.Storage;

namespace Dataplug.Lithops.Protocol;

/// <summary>Whole objects of the protocol, which are small or a task's own input or result.</summary>
internal static class StoredObjects
{
    /// <summary>Reads an object.</summary>
    /// <returns>Null when there is none.</returns>
    public static async Task<byte[]?> TryReadAsync(this IObjectStore store, ObjectUri uri, CancellationToken cancellationToken)
    {
        try
        {
            var read = await store.OpenReadAsync(uri, new ReadRequest(ReadRange.All), cancellationToken).ConfigureAwait(false);
            await using (read.ConfigureAwait(false))
            {
                if (read.Range.Length > Array.MaxLength)
                    throw new PayloadRefusedException(uri.Display, $"an object of {read.Range.Length} bytes does not fit into an array");
                var content = new byte[read.Range.Length];
                await read.Content.ReadExactlyAsync(content, cancellationToken).ConfigureAwait(false);
                return content;
            }
        }
        catch (ObjectNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Reads an object that has to have a certain content.</summary>
    /// <exception cref="PayloadRefusedException">It is missing, or has another.</exception>
    public static async Task<byte[]> ReadVerifiedAsync(this IObjectStore store, ObjectUri uri, string digest, CancellationToken cancellationToken)
    {
        var content = await store.TryReadAsync(uri, cancellationToken).ConfigureAwait(false)
            ?? throw new PayloadRefusedException(uri.Display, "the object is gone", "Don't clean the storage of jobs that run.");
        return JobLayout.Digest(content) == digest
            ? content
            : throw new PayloadRefusedException(uri.Display, $"the content is not what was signed: its SHA-256 is not {digest}");
    }

    /// <summary>Writes an object unless there is one.</summary>
    /// <returns>Whether it was written.</returns>
    public static async Task<bool> TryCreateAsync(this IObjectStore store, ObjectUri uri, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            await store.PutAsync(uri, content, PutOptions.CreateOnly, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (PreconditionFailedException)
        {
            return false;
        }
    }
}
