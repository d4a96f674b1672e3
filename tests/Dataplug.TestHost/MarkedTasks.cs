namespace Dataplug.Hosted;

/// <summary>Tasks that leave a mark for each time that they run.</summary>
internal static class MarkedTasks
{
    /// <summary>The square of a number; from 3 on not before there is a file <c>go</c>.</summary>
    public static async Task<int> SquareAsync((int Number, string Folder) input, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(Path.Combine(input.Folder, $"begun-{input.Number}-{Guid.NewGuid():N}"), "", cancellationToken);
        while (input.Number >= 3 && !File.Exists(Path.Combine(input.Folder, "go")))
            await Task.Delay(10, cancellationToken);
        return input.Number * input.Number;
    }
}
