// LASzip as a process of its own: what bench/compare measures against. Built from LASzip's public source by build-laszip.sh.
//   laszip-peer decode FILE        reads every point; prints their number and the sum of their stored coordinates
//   laszip-peer encode FILE OUT    LAS to LAZ, in LASzip's own way for the point format
//   laszip-peer index FILE OUT     a spatial index of a LAS or LAZ file, as lasindex makes it with its usual settings
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "laszip_api.h"
#include "lasindex.hpp"
#include "lasquadtree.hpp"

static laszip_POINTER reader;

static int fail(laszip_POINTER one, const char* what)
{
    char* message = nullptr;
    laszip_get_error(one, &message);
    fprintf(stderr, "%s: %s\n", what, message ? message : "unknown error");
    return 1;
}

static int decode(laszip_U64 count, laszip_point* point)
{
    long long sum = 0;
    for (laszip_U64 i = 0; i < count; i++)
    {
        if (laszip_read_point(reader))
            return fail(reader, "reading");
        sum += (long long)point->X + point->Y + point->Z;
    }
    printf("%llu %lld\n", (unsigned long long)count, sum);
    return 0;
}

static int encode(laszip_header* header, laszip_U64 count, laszip_point* point, const char* out)
{
    laszip_POINTER writer;
    if (laszip_create(&writer))
        return 1;
    if (laszip_set_header(writer, header))
        return fail(writer, "header");
    if (header->point_data_format >= 6 && laszip_request_native_extension(writer, 1))
        return fail(writer, "native extension");
    if (laszip_open_writer(writer, out, 1))
        return fail(writer, "opening");
    for (laszip_U64 i = 0; i < count; i++)
    {
        if (laszip_read_point(reader))
            return fail(reader, "reading");
        if (laszip_set_point(writer, point) || laszip_write_point(writer))
            return fail(writer, "writing");
    }
    return laszip_close_writer(writer) ? fail(writer, "closing") : 0;
}

static int index(laszip_header* header, laszip_U64 count, laszip_point* point, const char* out)
{
    // The tile size, the least number of points in a cell and the most intervals are those of lasindex.
    double width = std::max(header->max_x - header->min_x, header->max_y - header->min_y);
    float tile = width < 1000 ? 10.0f : width < 10000 ? 100.0f : width < 100000 ? 1000.0f : 10000.0f;
    LASquadtree* tree = new LASquadtree;
    tree->setup(header->min_x, header->max_x, header->min_y, header->max_y, tile);
    LASindex index;
    index.prepare(tree, 1000);
    for (laszip_U64 i = 0; i < count; i++)
    {
        if (laszip_read_point(reader))
            return fail(reader, "reading");
        index.add(header->x_offset + point->X * header->x_scale_factor, header->y_offset + point->Y * header->y_scale_factor, (U32)i);
    }
    index.complete(100000, -20);
    FILE* file = fopen(out, "wb");
    if (!file || !index.write(file) || fclose(file))
        return 1;
    return 0;
}

int main(int argc, char** argv)
{
    if (argc < 3)
        return 2;
    laszip_BOOL compressed;
    laszip_header* header;
    laszip_point* point;
    if (laszip_create(&reader))
        return 1;
    if (laszip_open_reader(reader, argv[2], &compressed))
        return fail(reader, argv[2]);
    laszip_get_header_pointer(reader, &header);
    laszip_get_point_pointer(reader, &point);
    laszip_U64 count = header->number_of_point_records ? header->number_of_point_records : header->extended_number_of_point_records;
    if (!strcmp(argv[1], "decode"))
        return decode(count, point);
    if (argc == 4 && !strcmp(argv[1], "encode"))
        return encode(header, count, point, argv[3]);
    if (argc == 4 && !strcmp(argv[1], "index"))
        return index(header, count, point, argv[3]);
    return 2;
}
