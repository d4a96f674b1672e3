// Counts the ground points of a lidar tile in 4 x 4 cells: dotnet run --project samples/Lidar -- tile.las
using Dataplug;
using Dataplug.Formats.Geo;

if (args is not [var path])
{
    Console.Error.WriteLine("usage: Lidar TILE, a LAS, LAZ or COPC file or URI");
    return 2;
}

try
{
    if (path.EndsWith(".copc.laz", StringComparison.OrdinalIgnoreCase))
        await OverviewAsync(path);
    else if (path.EndsWith(".laz", StringComparison.OrdinalIgnoreCase))
        await RewriteAsync(path);
    else
        await GroundAsync(path);
    return 0;
}
catch (DataplugException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}

static async Task GroundAsync(string path)
{
    #region ground
    var cloud = CloudObject.FromUri(Las.Format, path);
    await cloud.PreprocessAsync();
    foreach (var slice in await cloud.PartitionAsync(LasPartition.IntoGrid(4, 4)))
    {
        var ground = await slice.WithClasses(2).GetAsync();
        Console.WriteLine($"cell {slice.Index}: {ground.Count} points on the ground");
    }
    #endregion
}

static async Task RewriteAsync(string path)
{
    #region laz
    var cloud = CloudObject.FromUri(LasZip.Format, path);
    await cloud.PreprocessAsync();
    foreach (var slice in await cloud.PartitionAsync(LasPartition.IntoGrid(4, 4)))
    {
        var ground = await slice.WithClasses(2).GetAsync();
        await using var laz = await slice.OpenReadAsync();
        await using var las = await slice.AsLas().OpenReadAsync();
        Console.WriteLine($"cell {slice.Index}: {ground.Count} points on the ground");
    }
    #endregion
}

static async Task OverviewAsync(string path)
{
    #region copc
    var cloud = CloudObject.FromUri(Copc.Format, path);
    await cloud.PreprocessAsync();
    var overview = CopcPartition.WithResolution(LasPartition.IntoGrid(1, 1), 5);
    var points = await (await cloud.PartitionAsync(overview))[0].GetAsync();
    Console.WriteLine($"{points.Count} points are enough for one every 5 metres");
    #endregion
}
