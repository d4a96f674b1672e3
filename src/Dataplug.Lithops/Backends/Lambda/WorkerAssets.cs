using System.Text.Json;

namespace Dataplug.Lithops.Backends.Lambda;

/// <summary>The files that a program's dependency manifest (<c>.deps.json</c>) names, relative to its folder.</summary>
internal static class WorkerAssets
{
    /// <param name="manifest">The manifest.</param>
    /// <param name="rid">The runtime identifier whose native files are wanted.</param>
    public static IReadOnlyList<string> Of(string manifest, string rid)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(manifest));
        var assets = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var target in json.RootElement.GetProperty("targets").EnumerateObject())
        {
            foreach (var library in target.Value.EnumerateObject())
            {
                // Managed assemblies lie beside the program, whatever folder of their package they are from.
                foreach (var group in (string[])["runtime", "native"])
                {
                    if (library.Value.TryGetProperty(group, out var files))
                        assets.UnionWith(files.EnumerateObject().Select(file => Path.GetFileName(file.Name)));
                }

                // Those of one platform keep their folders.
                if (library.Value.TryGetProperty("runtimeTargets", out var targets))
                {
                    foreach (var file in targets.EnumerateObject())
                    {
                        var wanted = file.Value.TryGetProperty("rid", out var of) ? of.GetString() : null;
                        if (wanted == rid || wanted is "unix" or "linux")
                            assets.Add(file.Name);
                    }
                }
            }
        }

        return [.. assets];
    }
}
