// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/pmf_file.h"

#include "cgflow/error.h"
#include "pmf_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

using namespace cgflow;
using namespace cgflow::testing_cases;
using testing::HasSubstr;

namespace {
constexpr double kInf = std::numeric_limits<double>::infinity();

class PmfFileTest : public testing::Test {
 protected:
  PmfFileTest()
      : folder(std::filesystem::temp_directory_path() /
               (std::string("cgflow_") + testing::UnitTest::GetInstance()->current_test_info()->name()))
  {
    std::filesystem::create_directories(folder);
    path = (folder / "x.pmf").string();
  }
  ~PmfFileTest() override { std::filesystem::remove_all(folder); }

  void put(const std::string &text) const { std::ofstream(path) << text; }
  std::vector<std::string> lines() const
  {
    std::ifstream file(path);
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line);) out.push_back(line);
    return out;
  }
  std::string error(const CgSpace &space) const
  {
    try {
      read_pmf(path, space);
    } catch (const FileError &e) {
      return e.what();
    }
    return "no error";
  }

  std::filesystem::path folder;
  std::string path;
};

PmfHeader header()
{
  PmfHeader h;
  h.kT = 0.596161;
  h.units = "real";
  h.T = 300;
  h.domain = "L, trans; |omega| > 90";
  h.evaluations = {5000, 100, 30000, 20, 400};
  h.status = LearningStatus::converged;
  h.threshold = 0.2;
  return h;
}

const CgSpace kLine({{"s", 0, 3, false}});
}    // namespace

TEST_F(PmfFileTest, LooksAsTheManualSays)
{
  const PmfTable table(kLine, 0.596161, {4}, {5, 1, 1.5, 2}, {0.1, 0.2, kInf, 0});
  write_pmf(path, table, header(), {4});
  EXPECT_THAT(lines(), testing::ElementsAre("# kT 0.596161 units real T 300 domain L, trans; |omega| > 90",
                                            "# evaluations md 5000 example 100 energy 30000 test 20 labels 400 total 35520",
                                            "# status 1", "# s F[kcal/mol] std[kcal/mol] known", "0 4 0.1 1", "1 0 0.2 0",
                                            "2 0.5 inf 0", "3 1 0 1"));
}

TEST_F(PmfFileTest, TitlesNameTheUnitOfEnergies)
{
  EXPECT_EQ(energy_title("F", "real"), "F[kcal/mol]");
  EXPECT_EQ(energy_title("std", "metal"), "std[eV]");
  EXPECT_EQ(energy_title("F", "lj"), "F[epsilon]");
  EXPECT_EQ(energy_title("F", "electron"), "F[Hartree]");
  EXPECT_EQ(energy_title("F", "si"), "F[J]");
  EXPECT_EQ(energy_title("F", "cgs"), "F[erg]");
  EXPECT_EQ(energy_title("F", "micro"), "F[pg*um^2/us^2]");
  EXPECT_EQ(energy_title("F", "nano"), "F[ag*nm^2/ns^2]");
  EXPECT_EQ(energy_title("F", ""), "F");
  // Old and new titles.
  for (const std::string titles : {"# s F std known\n", "# s F[kcal/mol] std[kcal/mol] known\n"}) {
    put("# kT 0.6 units real T 300 domain all\n" + titles + "0 4 0.1 1\n1 0 0.2 1\n2 0.5 0.1 1\n3 1 0 1\n");
    EXPECT_EQ(read_pmf(path, kLine).header.units, "real");
  }
}

TEST_F(PmfFileTest, CountsVariablesAndChecksEachRow)
{
  const auto variables = [&](const std::string &text) -> std::string {
    put(text);
    try {
      return std::to_string(pmf_variables(path));
    } catch (const FileError &e) {
      return e.what();
    }
  };
  EXPECT_EQ(variables("# s\n0 4 0.1 1\n1 0 inf 1\n"), "1");
  EXPECT_EQ(variables("0 0 4\n\n0 1 4\n"), "2");
  EXPECT_EQ(variables("0 0 0 1\n0 0 1 1\n"), "3");
  const std::string where = "PMF file '" + path + "'";
  EXPECT_EQ(variables("0 4 0 1\nnan 0 0 1\n"), where + ", line 2: got 'nan' in column 1, expected a number");
  EXPECT_EQ(variables("0 4 0 1\n1,5 0 0 1\n"), where + ", line 2: got '1,5' in column 1, expected a number");
  EXPECT_EQ(variables("0 4 0 1\n1 0 1e999 1\n"), where + ", line 2: got '1e999' in column 3, expected a number");
  EXPECT_EQ(variables("0 4 0 1\n0 4\n"), where + ", line 2: got 2 columns, expected 4 as in line 1");
  EXPECT_EQ(variables("0 4\n# a\n1 0 0 1\n"), where + ", line 3: got 4 columns, expected 2 as in line 1");
  EXPECT_EQ(variables("0 4\n1 0\n2 0\n3\n"), where + ", line 4: got 1 columns, expected 2 as in line 1");
  EXPECT_EQ(variables("0 4\n0 4\n"),
            where + ", line 2: got the numbers of line 1 again, expected the next point of a grid over the CG variables");
  EXPECT_EQ(variables("0 4\n"), where + ": got 1 lines of numbers, expected at least two of a grid over the CG variables");
  EXPECT_EQ(variables(std::string("0 4\n\0\n", 6)), where + ", line 2: got a zero byte, expected a text file");
}

TEST_F(PmfFileTest, RoundTripInOneDimension)
{
  RandomStream random(1, Stream::test, 41);
  std::vector<double> f, std;
  for (int i = 0; i < 201; ++i) f.push_back(10 * random.uniform()), std.push_back(random.uniform());
  std[7] = kInf;
  const CgSpace space({{"s", -2.6, 1.2, false}});
  const PmfTable table(space, 0.596161, {201}, f, std);
  write_pmf(path, table, header(), {201});
  const PmfFile file = read_pmf(path, space);
  const PmfHeader h = header();
  EXPECT_EQ(file.header.kT, h.kT);
  EXPECT_EQ(file.header.units, h.units);
  EXPECT_EQ(file.header.T, h.T);
  EXPECT_EQ(file.header.domain, h.domain);
  EXPECT_EQ(file.header.evaluations, h.evaluations);
  EXPECT_EQ(file.header.status, h.status);
  EXPECT_EQ(file.table->kT(), h.kT);
  const double lowest = *std::min_element(f.begin(), f.end());
  for (int i = 0; i < 201; ++i) {
    const double s = -2.6 + 3.8 * i / 200;
    double a, e;
    file.table->evaluate(1, &s, &a, &e, nullptr);
    EXPECT_NEAR(a, f[i] - lowest, 1e-10);
    if (i == 7) {
      EXPECT_EQ(e, kInf);
    } else {
      EXPECT_NEAR(e, std[i], 1e-10) << i;
    }
  }
  // Writing it again gives the same file.
  const auto first = lines();
  write_pmf(path, *file.table, header(), {201});
  EXPECT_EQ(lines().size(), first.size());
  EXPECT_EQ(read_pmf(path, space).table->space(), space);
}

TEST_F(PmfFileTest, RoundTripOnATorusRepeatsTheFirstPointAndKeepsBlocks)
{
  const Case c = torus_wells();
  std::vector<double> f;
  for (int i = 0; i < 24; ++i)
    for (int j = 0; j < 30; ++j) {
      const double s[] = {-180 + 15.0 * i, -180 + 12.0 * j};
      f.push_back(c.f(s));
    }
  const PmfTable table(c.space, 1.0, {24, 30}, f, std::vector<double>(720, 0.1));
  write_pmf(path, table, header(), {25, 31});
  const auto text = lines();
  EXPECT_EQ(text.size(), 4u + 25 * 31 + 24);
  EXPECT_EQ(text[4 + 31], "");
  EXPECT_EQ(text[4].substr(0, 10), "-180 -180 ");
  EXPECT_EQ(text[4].substr(9), text[4 + 30].substr(8));    // psi = -180 and 180 are one point
  const PmfFile file = read_pmf(path, c.space);
  double constant = 0;
  for (int i = 0; i < 200; ++i) {
    RandomStream random(1, Stream::test, 42, i);
    const double s[] = {360 * random.uniform(), 360 * random.uniform()};
    double a, b, ga[2], gb[2];
    table.evaluate(1, s, &a, nullptr, ga);
    file.table->evaluate(1, s, &b, nullptr, gb);
    if (i == 0) constant = a - b;
    EXPECT_NEAR(a - b, constant, 1e-9);
    EXPECT_NEAR(ga[0], gb[0], 1e-9);
  }
}

TEST_F(PmfFileTest, ReadsAPlainTableOfTwoColumns)
{
  put("0 1\n1\t2\r\n\n2 +4e0\n# a remark\n3 8");
  const PmfFile file = read_pmf(path, kLine);
  EXPECT_EQ(file.header.kT, 0.0);
  EXPECT_EQ(file.table->kT(), 0.0);
  const double s = 2;
  double f, e;
  file.table->evaluate(1, &s, &f, &e, nullptr);
  EXPECT_NEAR(f, 4, 1e-12);
  EXPECT_EQ(e, 0.0);
}

TEST_F(PmfFileTest, APeriodicTableMayLeaveOutItsLastPoint)
{
  const CgSpace ring({{"phi", 0, 4, true}});
  put("0 1\n1 2\n2 4\n3 8\n");
  const auto open = read_pmf(path, ring).table;
  put("0 1\n1 2\n2 4\n3 8\n4 1\n");
  const auto closed = read_pmf(path, ring).table;
  for (const double s : {0.3, 3.9, -0.2}) {
    double a, b;
    open->evaluate(1, &s, &a, nullptr, nullptr);
    closed->evaluate(1, &s, &b, nullptr, nullptr);
    EXPECT_NEAR(a, b, 1e-12);
  }
  put("0 1\n1 2\n2 4\n3 8\n4 1.5\n");
  EXPECT_THAT(error(ring), HasSubstr("got F = 1.5 at the upper end of the periodic variable phi, expected 1"));
}

TEST_F(PmfFileTest, BadRowsAreRefusedByLine)
{
  const std::string start = "0 1 0.1\n1 2 0.1\n";
  const std::pair<std::string, std::string> cases[] = {
      {"2 nan 0.1\n3 1 0.1\n", "line 3: got 'nan' in column 2, expected a finite number"},
      {"2 inf 0.1\n3 1 0.1\n", "line 3: got 'inf' in column 2, expected a finite number"},
      {"2 1 nan\n3 1 0.1\n", "line 3: got 'nan' in column 3, expected a std >= 0 or inf"},
      {"2 1 -0.5\n3 1 0.1\n", "line 3: got '-0.5' in column 3, expected a std >= 0"},
      {"2 x 0.1\n", "line 3: got 'x' in column 2, expected a number"},
      {"2 1.0abc 0.1\n", "line 3: got '1.0abc' in column 2, expected a number"},
      {"2 1\n", "line 3: got 2 columns, expected 3 as in line 1"},
      {"2 1 1 1 1\n", "line 3: got 5 columns, expected 2 to 4"},
      {"1.5 1 0.1\n3 1 0.1\n", "line 3: got s = 1.5, expected 2"},
      {"2 1 0.1\n", "grid of 3 points of s, expected at least 4"},
      {"3 1 0.1\n2 1 0.1\n4 1 0.1\n", "expected at least 4, sorted upwards"},
      {"2 1 0.1\n3 1 0.1\n2.5 1 0.1\n", "line 5: got 5 rows, expected 4"},
      {"2 1 0.1\n3.5 1 0.1\n", "line 4: got s = 3.5, expected 3: a regular grid of 4 points over [0, 3]"}};
  for (const auto &[rows, text] : cases) {
    put(start + rows);
    EXPECT_THAT(error(kLine), HasSubstr(text)) << rows;
    EXPECT_THAT(error(kLine), HasSubstr("PMF file '" + path + "'"));
  }
  put("0 1 0.1 1\n1 1 0.1 2\n");
  EXPECT_THAT(error(kLine), HasSubstr("line 2: got '2' in column known, expected 0 or 1"));
  put("# nothing\n");
  EXPECT_THAT(error(kLine), HasSubstr("got no rows"));
  put("0.5 1\n1 1\n1.5 1\n2 1\n");
  EXPECT_THAT(error(kLine), HasSubstr("line 1: got s = 0.5, expected 0"));
}

TEST_F(PmfFileTest, AnIncompleteGridIsRefused)
{
  const CgSpace plane({{"a", 0, 3, false}, {"b", 0, 3, false}});
  std::string text;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j)
      if (!(i == 2 && j == 1)) text += std::to_string(i) + " " + std::to_string(j) + " 0\n";
  put(text);
  EXPECT_THAT(error(plane), HasSubstr("line "));
  EXPECT_THAT(error(plane), HasSubstr("expected"));
  EXPECT_THAT(error(plane), testing::Not(HasSubstr("no error")));
}

TEST_F(PmfFileTest, BadHeadersAreRefusedByLine)
{
  const std::string rows = "0 1\n1 1\n2 1\n3 1\n";
  put("# kT abc units lj T 1 domain x\n" + rows);
  EXPECT_THAT(error(kLine),
              HasSubstr("line 1: got '# kT abc units lj T 1 domain x', expected '# kT V units U T V domain D'"));
  put("# evaluations md 1 example 0 energy 0 test 0 labels 0 total 2\n" + rows);
  EXPECT_THAT(error(kLine), HasSubstr("expected '# evaluations md N"));
  put("# status 9\n" + rows);
  EXPECT_THAT(error(kLine), HasSubstr("line 1: got '# status 9', expected '# status N' with N from 0 to 3"));
}

TEST_F(PmfFileTest, MissingFilesAndFoldersAndBadGridsAreErrors)
{
  EXPECT_THROW(read_pmf(path, kLine), FileError);
  const PmfTable table(kLine, 1, {4}, {0, 0, 0, 0}, {0, 0, 0, 0});
  EXPECT_THROW(write_pmf((folder / "no" / "x.pmf").string(), table, header(), {4}), FileError);
  EXPECT_THROW(write_pmf(path, table, header(), {1}), FileError);
  EXPECT_THROW(write_pmf(path, table, header(), {4, 4}), FileError);
  EXPECT_FALSE(std::filesystem::exists(path));
}
