using Dataplug.Partitioning;

namespace Dataplug.Cli.Slices;

/// <summary>A file of slices, one line of JSON each, as <c>dataplug partition</c> writes it.</summary>
internal sealed class SliceFile
{
    private readonly string _name;
    private readonly IReadOnlyList<Slice> _slices;

    private SliceFile(string name, IReadOnlyList<Slice> slices)
    {
        _name = name;
        _slices = slices;
    }

    /// <summary>The slices as they stand in the file.</summary>
    public IReadOnlyList<Slice> Slices => _slices;

    /// <summary>Reads and checks all lines.</summary>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="content">The file.</param>
    /// <param name="session">Whose stores the slices are read through.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="InvalidSliceException">A line is no slice, or was changed.</exception>
    public static async Task<SliceFile> ReadAsync(string name, Stream content, Session session, CancellationToken cancellationToken)
    {
        var serializer = Session.Formats.CreateSliceSerializer();
        var slices = new List<Slice>();
        using var reader = new StreamReader(content, leaveOpen: true);
        // A console can't be read with cancellation: then the wait is given up, not the read.
        for (var number = 1; await reader.ReadLineAsync(cancellationToken).AsTask().WaitAsync(cancellationToken) is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                slices.Add(serializer.Deserialize(line) with { Stores = session.Stores });
            }
            catch (InvalidSliceException exception)
            {
                throw new InvalidSliceException($"{name}, line {number}", exception.Problem, exception.Cure, innerException: exception);
            }
        }

        return new SliceFile(name, slices);
    }

    /// <summary>The one slice of the file.</summary>
    /// <exception cref="UsageException">There are more.</exception>
    public Slice Only() => _slices.Count switch
    {
        0 => throw Empty(),
        1 => _slices[0],
        _ => throw new UsageException($"{_name} holds {_slices.Count} slices: say --slice I for one of them or --all for all"),
    };

    /// <summary>The slice of a number.</summary>
    /// <exception cref="UsageException">The number is not in the plan.</exception>
    /// <exception cref="InvalidSliceException">The slice is not in the file, or it is there more than once.</exception>
    public Slice WithIndex(int index)
    {
        if (_slices.Count == 0)
            throw Empty();
        var found = _slices.Where(slice => slice.Index == index).Distinct().ToArray();
        return found.Length switch
        {
            1 => found[0],
            0 when _slices.All(slice => index >= slice.Count) => throw new UsageException($"there is no slice {index}: the plan in {_name} has the slices 0 to {_slices.Max(slice => slice.Count) - 1}"),
            0 => throw new InvalidSliceException(_name, $"slice {index} is not in the file"),
            _ => throw new InvalidSliceException(_name, $"there are {found.Length} different slices with the number {index}; the file mixes plans"),
        };
    }

    /// <summary>All slices of the plan in order.</summary>
    /// <exception cref="InvalidSliceException">Slices are missing, doubled, or of different plans.</exception>
    public IReadOnlyList<Slice> WholePlan()
    {
        if (_slices.Count == 0)
            throw Empty();

        var first = _slices[0];
        foreach (var slice in _slices)
        {
            if (slice.Source.Uri != first.Source.Uri)
                throw Mixed($"of {first.Source.Uri.Display} and of {slice.Source.Uri.Display}");
            if (slice.Source != first.Source)
                throw Mixed($"of two versions of {first.Source.Uri.Display}, {first.Source.ETag} and {slice.Source.ETag}");
            if (slice.Kind != first.Kind)
                throw Mixed($"of two formats, {first.Kind} and {slice.Kind}");
            if (slice.Count != first.Count)
                throw Mixed($"of a plan of {first.Count} and of a plan of {slice.Count}");
        }

        var plan = new Slice?[first.Count];
        foreach (var slice in _slices)
        {
            if ((uint)slice.Index >= (uint)plan.Length)
                throw new InvalidSliceException(_name, $"slice {slice.Index} is outside of its plan of {plan.Length}");
            if (plan[slice.Index] is not null)
                throw new InvalidSliceException(_name, $"slice {slice.Index} is there twice");
            plan[slice.Index] = slice;
        }

        var missing = Enumerable.Range(0, plan.Length).Where(i => plan[i] is null).ToArray();
        if (missing.Length > 0)
        {
            var some = string.Join(", ", missing.Take(10)) + (missing.Length > 10 ? ", …" : "");
            throw new InvalidSliceException(_name, $"{missing.Length} of {plan.Length} slices are missing: {some}", "Partition the object again, or take single slices with --slice.");
        }

        return plan!;
    }

    private InvalidSliceException Empty() => new(_name, "there are no slices in it");

    private InvalidSliceException Mixed(string what) => new(_name, "the file mixes slices " + what, "Write the slices of one plan to a file of their own.");
}
